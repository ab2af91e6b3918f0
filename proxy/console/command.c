/* SPDX-License-Identifier: Apache-2.0
 *
 * From text to a row of verbs.def and a name. A text that is not exactly one known command is
 * wrong: nothing is guessed. Names are taken as they are written, since ids are lower-case. */
#include "proxy/console/command.h"

#include <string.h>
#include <strings.h>

#include "protocol/check.h"

#define WORDS_MAX ((size_t)5)

struct word {
    char text[CONSOLE_NAME_MAX + 1];
    bool is_quoted;
};

static const struct console_verb_facts verbs[CONSOLE_VERBS] = {
#define CONSOLE_VERB(id, verb_words, verb_right, verb_argument, verb_tag, verb_meaning) \
    [CONSOLE_##id] = {.words = (verb_words),                                            \
                      .right = CONFIG_RIGHT_##verb_right,                               \
                      .argument = CONSOLE_##verb_argument,                              \
                      .tag = (verb_tag),                                                \
                      .meaning = (verb_meaning)},
#include "proxy/console/verbs.def"
#undef CONSOLE_VERB
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

/* The text without blanks around it and semicolons behind it. */
static struct slice trim(struct slice text)
{
    size_t start = 0;
    while (start < text.len && is_blank(text.ptr[start])) {
        start++;
    }
    size_t end = text.len;
    while (end > start && (is_blank(text.ptr[end - 1]) || text.ptr[end - 1] == ';')) {
        end--;
    }
    return slice_between(text, start, end);
}

/* Takes a word off *text, and the blanks behind it; false when none is well-formed. */
static bool take_word(struct slice *text, struct word *out)
{
    size_t at = 0;
    size_t len = 0;
    out->is_quoted = text->ptr[0] == '"';
    at += out->is_quoted ? 1 : 0;
    while (at < text->len && is_name_byte(text->ptr[at])) {
        if (len == CONSOLE_NAME_MAX) {
            return false;
        }
        out->text[len++] = (char)text->ptr[at++];
    }
    out->text[len] = '\0';
    if (out->is_quoted && (at == text->len || text->ptr[at++] != '"')) {
        return false;
    }
    if (len == 0 || (at < text->len && !is_blank(text->ptr[at]))) {
        return false;
    }
    while (at < text->len && is_blank(text->ptr[at])) {
        at++;
    }
    *text = slice_from(*text, at);
    return true;
}

static bool is_word(const struct word *word, const char *keyword, size_t len)
{
    return !word->is_quoted && strlen(word->text) == len &&
           strncasecmp(word->text, keyword, len) == 0;
}

/* How many words of the text are the verb's; 0: it is another one. */
static size_t match(const char *verb, const struct word *words, size_t num_words)
{
    size_t used = 0;
    while (*verb != '\0') {
        size_t len = strcspn(verb, " ");
        if (used == num_words || !is_word(&words[used], verb, len)) {
            return 0;
        }
        used++;
        verb += len + (verb[len] == ' ' ? 1 : 0);
    }
    return used;
}

/* Whether what follows the verb is what it may have; fills in the name. */
static bool take_argument(enum console_argument argument, const struct word *words,
                          size_t num_words, struct console_command *out)
{
    if (num_words == 0) {
        return argument != CONSOLE_TARGET;
    }
    out->is_tenant = num_words == 2 && is_word(&words[0], "TENANT", strlen("TENANT"));
    if (argument == CONSOLE_NONE || (argument == CONSOLE_DATABASE && num_words > 1) ||
        num_words > 2 || (num_words == 2 && !out->is_tenant)) {
        return false;
    }
    memcpy(out->name, words[num_words - 1].text, sizeof out->name);
    return true;
}

enum console_parse console_parse(struct slice text, struct console_command *out)
{
    struct word words[WORDS_MAX];
    size_t num_words = 0;
    struct slice left = trim(text);
    if (left.len == 0) {
        return CONSOLE_EMPTY;
    }
    if (text.len > CONSOLE_TEXT_MAX) {
        return CONSOLE_WRONG;
    }
    while (left.len > 0) {
        if (num_words == WORDS_MAX || !take_word(&left, &words[num_words])) {
            return CONSOLE_WRONG;
        }
        num_words++;
    }
    for (int verb = 0; verb < CONSOLE_VERBS; verb++) {
        *out = (struct console_command){.verb = (enum console_verb)verb};
        size_t used = match(verbs[verb].words, words, num_words);
        if (used > 0 && take_argument(verbs[verb].argument, &words[used], num_words - used, out)) {
            return CONSOLE_PARSED;
        }
    }
    return CONSOLE_WRONG;
}

const struct console_verb_facts *console_verb_facts(enum console_verb verb)
{
    check(verb < CONSOLE_VERBS);
    return &verbs[verb];
}
