/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/console/command.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"

static void test_what_is_a_command(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum console_parse result;
        enum console_verb verb;
    } cases[] = {
        {"", CONSOLE_EMPTY, 0},
        {" ; \n;\t", CONSOLE_EMPTY, 0},
        {"show version", CONSOLE_PARSED, CONSOLE_SHOW_VERSION},
        {"\n SHOW\t Version ; ;", CONSOLE_PARSED, CONSOLE_SHOW_VERSION},
        {"SHUTDOWN", CONSOLE_PARSED, CONSOLE_SHUTDOWN},
        {"shutdown wait_for_clients", CONSOLE_PARSED, CONSOLE_SHUTDOWN_CLIENTS},
        {"SHUTDOWN WAIT_FOR_SERVERS;", CONSOLE_PARSED, CONSOLE_SHUTDOWN_SERVERS},
        {"SHUTDOWN WAIT_FOR_CLIENTS WAIT_FOR_SERVERS", CONSOLE_WRONG, 0},
        {"SHUTDOWN \"WAIT_FOR_CLIENTS\"", CONSOLE_WRONG, 0},
        {"\"SHUTDOWN\"", CONSOLE_WRONG, 0},
        {"SHOW VERSION; SHUTDOWN", CONSOLE_WRONG, 0},
        {"SHOW VERSION;SHUTDOWN", CONSOLE_WRONG, 0},
        {"SHOWVERSION", CONSOLE_WRONG, 0},
        {"SHOW VERSION x", CONSOLE_WRONG, 0},
        {"RELOAD TENANT acme", CONSOLE_WRONG, 0},
        {"SHOW \"VERSION", CONSOLE_WRONG, 0},
        {"\"", CONSOLE_WRONG, 0},
        {"\"\"", CONSOLE_WRONG, 0},
        {"a b c d e f", CONSOLE_WRONG, 0},
        {"SHOW /* */ VERSION", CONSOLE_WRONG, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct console_command command;
        enum console_parse result = console_parse(slice_text(cases[i].text), &command);
        if (result != cases[i].result ||
            (result == CONSOLE_PARSED && command.verb != cases[i].verb)) {
            fail_msg("case %zu: \"%s\"", i, cases[i].text);
        }
    }
}

static void test_every_verb_is_found_by_its_words(void **state)
{
    (void)state;
    for (int verb = 0; verb < CONSOLE_VERBS; verb++) {
        const struct console_verb_facts *facts = console_verb_facts((enum console_verb)verb);
        struct console_command command;
        char text[128];
        snprintf(text, sizeof text, "%s%s", facts->words,
                 facts->argument == CONSOLE_TARGET ? " main" : "");
        assert_int_equal(console_parse(slice_text(text), &command), CONSOLE_PARSED);
        assert_int_equal(command.verb, verb);
        assert_int_equal(strncmp(facts->words, "SHOW", 4) == 0, facts->right == CONFIG_RIGHT_READ);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct console_command command;
    char text[CONSOLE_TEXT_MAX + 2];
    memset(text, ' ', sizeof text);
    memcpy(text, "SHOW VERSION", strlen("SHOW VERSION"));
    assert_int_equal(console_parse(slice_of(text, CONSOLE_TEXT_MAX), &command), CONSOLE_PARSED);
    assert_int_equal(console_parse(slice_of(text, CONSOLE_TEXT_MAX + 1), &command), CONSOLE_WRONG);
    memset(text, 'x', sizeof text);
    assert_int_equal(console_parse(slice_of(text, CONSOLE_NAME_MAX + 1), &command), CONSOLE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_command),
        cmocka_unit_test(test_every_verb_is_found_by_its_words),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
