/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text at the console's command parser. What is taken for a command must be one reading of the
 * whole text: it is made of words, quotes, blanks and semicolons alone, says the same in capitals
 * and between blanks, and the same again when it is written out from what was understood. Its name
 * is one that the verb may have. Else a typing slip could shut the proxy down. */
#include <stdio.h>
#include <string.h>

#include "protocol/check.h"
#include "proxy/console/command.h"

#define WRITTEN_MAX (CONSOLE_NAME_MAX + 64)
#define FIRST_NAME  3 /* of the tails below: those that may be one */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const struct console_command *a, const struct console_command *b)
{
    return a->verb == b->verb && a->is_tenant == b->is_tenant && strcmp(a->name, b->name) == 0;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static void check_text(struct slice text)
{
    check(text.len <= CONSOLE_TEXT_MAX);
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.ptr[i];
        check(is_letter_or_digit(c) || is_of(c, "_.-\" \t\n\r;"));
    }
}

/* Quotes are around the name alone: keywords in quotes are names, and no verb has two of them. */
static void check_quotes(struct slice text, const struct console_command *command)
{
    size_t num_quotes = 0;
    size_t at[2] = {0, 0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            check(num_quotes < 2);
            at[num_quotes++] = i;
        }
    }
    check(num_quotes == 0 || num_quotes == 2);
    check(num_quotes == 0 ||
          slice_equal(slice_between(text, at[0] + 1, at[1]), slice_text(command->name)));
}

/* The name, and whether this verb may have it. */
static void check_name(const struct console_command *command)
{
    size_t len = strnlen(command->name, sizeof command->name);
    check(len <= CONSOLE_NAME_MAX);
    for (size_t i = 0; i < len; i++) {
        check(is_letter_or_digit(command->name[i]) || is_of(command->name[i], "_.-"));
    }
    switch (console_verb_facts(command->verb)->argument) {
    case CONSOLE_NONE:
        check(len == 0 && !command->is_tenant);
        return;
    case CONSOLE_TARGET:
        check(len > 0);
        return;
    case CONSOLE_ANY:
        check(len > 0 || !command->is_tenant);
        return;
    case CONSOLE_DATABASE:
        check(!command->is_tenant);
        return;
    }
    check(false);
}

/* Written out it is understood as what it was. */
static void check_round_trip(const struct console_command *command)
{
    char text[WRITTEN_MAX];
    const char *quote = command->name[0] != '\0' ? "\"" : "";
    struct console_command again;
    int len = snprintf(text, sizeof text, "%s %s %s%s%s", console_verb_facts(command->verb)->words,
                       command->is_tenant ? "TENANT" : "", quote, command->name, quote);
    check(len > 0 && len < (int)sizeof text);
    check(console_parse(slice_of(text, (size_t)len), &again) == CONSOLE_PARSED);
    check(is_same(&again, command));
}

/* In capitals, names apart; then between blanks and semicolons, as far as there is room. */
static void check_forms(struct slice text, const struct console_command *command)
{
    struct console_command again;
    char form[CONSOLE_TEXT_MAX + 4];
    char capital_name[sizeof command->name];
    memcpy(form, text.ptr, text.len);
    memcpy(capital_name, command->name, sizeof capital_name);
    for (size_t i = 0; i < text.len; i++) {
        form[i] = (char)(form[i] >= 'a' && form[i] <= 'z' ? form[i] - 'a' + 'A' : form[i]);
    }
    for (char *c = capital_name; *c != '\0'; c++) {
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    }
    check(console_parse(slice_of(form, text.len), &again) == CONSOLE_PARSED);
    check(again.verb == command->verb && again.is_tenant == command->is_tenant &&
          strcmp(again.name, capital_name) == 0);
    memcpy(form + 2, text.ptr, text.len);
    memcpy(form, "\n ", 2);
    memcpy(form + 2 + text.len, ";\t", 2);
    if (text.len + 4 <= CONSOLE_TEXT_MAX) {
        check(console_parse(slice_of(form, text.len + 4), &again) == CONSOLE_PARSED);
        check(is_same(&again, command));
    }
}

/* One more word, or one more command, is never overlooked: it is wrong, or the name that was not
 * there. */
static void check_nothing_follows(struct slice text, const struct console_command *command)
{
    static const char *const tails[] = {"; SHUTDOWN", " x y z", " \"", "\n--", "\"x\""};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char longer[CONSOLE_TEXT_MAX + 16];
        struct console_command again;
        size_t tail_len = strlen(tails[i]);
        bool is_name = i >= FIRST_NAME;
        memcpy(longer, text.ptr, text.len);
        memcpy(longer + text.len, tails[i], tail_len);
        enum console_parse result = console_parse(slice_of(longer, text.len + tail_len), &again);
        check(result == CONSOLE_WRONG || (is_name && !is_same(&again, command)));
    }
}

static void check_empty(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        check(is_of((char)text.ptr[i], " \t\n\r;"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct console_command command;
    struct slice text = slice_of(data, size);
    switch (console_parse(text, &command)) {
    case CONSOLE_PARSED:
        check_text(text);
        check_quotes(text, &command);
        check_name(&command);
        check_round_trip(&command);
        check_forms(text, &command);
        check_nothing_follows(text, &command);
        return 0;
    case CONSOLE_EMPTY:
        check_empty(text);
        return 0;
    case CONSOLE_WRONG:
        return 0;
    }
    check(false);
    return 0;
}
