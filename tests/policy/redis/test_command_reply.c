/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/redis/command_reply.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/redis/reply_scanner.h"
#include "tests/cmocka_all.h"
#include "tests/policy/redis/request_of.h"

/* The answer to `text`; it is one whole reply that fits the cap. Free *out. */
static struct slice ask(const char *text, enum resp_version version, uint8_t **out)
{
    static struct typed typed;
    struct redis_scratch scratch = {.cap = 0};
    struct redis_decision decision;
    type_request(&typed, text);
    redis_decide(&typed.request, &scratch, &decision);
    assert_int_equal(decision.verdict, REDIS_LOCAL);
    assert_true(redis_is_command_query(decision.id));
    size_t cap = redis_command_reply_cap(&typed.request);
    *out = malloc(cap);
    assert_non_null(*out);
    struct writer w = writer_over(*out, cap);
    redis_write_command_reply(&w, &typed.request, decision.id, &scratch, version);
    redis_scratch_fini(&scratch);
    struct slice written;
    assert_true(writer_done(&w, &written));
    struct reply_scanner scanner;
    reply_scanner_reset(&scanner);
    size_t len = 0;
    assert_int_equal(reply_scan(&scanner, written, &len), SCAN_DONE);
    assert_int_equal(len, written.len);
    return written;
}

static void assert_answer(const char *text, const char *expected)
{
    uint8_t *memory = NULL;
    struct slice answer = ask(text, RESP_2, &memory);
    assert_int_equal(answer.len, strlen(expected));
    assert_memory_equal(answer.ptr, expected, answer.len);
    free(memory);
}

static bool holds(struct slice answer, const char *text)
{
    return memmem(answer.ptr, answer.len, text, strlen(text)) != NULL;
}

static void test_shows_only_what_a_tenant_may_use(void **state)
{
    (void)state;
    static const char *const questions[] = {"command", "command info", "command docs",
                                            "command list"};
    for (size_t i = 0; i < 4; i++) {
        for (unsigned version = RESP_2; version <= RESP_3; version++) {
            uint8_t *memory = NULL;
            struct slice answer = ask(questions[i], (enum resp_version)version, &memory);
            assert_true(holds(answer, "\r\nget\r\n"));
            assert_true(holds(answer, "\r\nzunionstore\r\n"));
            assert_false(holds(answer, "\r\nflushall\r\n"));
            assert_false(holds(answer, "\r\nconfig|set\r\n"));
            free(memory);
        }
    }
}

static void test_one_command(void **state)
{
    (void)state;
    assert_answer("command info GET flushall",
                  "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+fast\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n"
                  "*0\r\n*0\r\n*0\r\n*0\r\n*-1\r\n");
    assert_answer("command docs flushall", "*0\r\n");
    assert_answer("command docs get", "*2\r\n$3\r\nget\r\n*6\r\n$7\r\nsummary\r\n$22\r\nGet the "
                                      "value of a key\r\n$5\r\nsince\r\n$5\r\n1.0.0\r\n"
                                      "$5\r\ngroup\r\n$6\r\nstring\r\n");
    assert_answer("command list filterby x y", "-ERR syntax error\r\n");
}

static void test_subcommands_stand_below_their_container(void **state)
{
    (void)state;
    uint8_t *memory = NULL;
    struct slice answer = ask("command info object config|get", RESP_3, &memory);
    assert_true(holds(answer, "object|encoding"));
    assert_true(holds(answer, "config|get"));
    free(memory);
}

static void test_getkeys_shows_the_clients_own_names(void **state)
{
    (void)state;
    assert_answer("command getkeys mset a 1 b 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_answer("command getkeys sort l by w_* store d", "*2\r\n$1\r\nl\r\n$1\r\nd\r\n");
    assert_answer("command getkeys ping x", "-ERR The command has no key arguments\r\n");
    assert_answer("command getkeys flushall async", "-ERR Invalid command specified\r\n");
    assert_answer("command getkeys get a b", "-ERR Invalid arguments specified for command\r\n");
    assert_answer("command getkeys command getkeys get a",
                  "-ERR The command has no key arguments\r\n");
}

static void test_a_question_may_not_name_too_many(void **state)
{
    (void)state;
    static struct typed typed;
    static struct slice words[1000];
    type_request(&typed, "command info");
    for (size_t i = 0; i < 1000; i++) {
        words[i] = i < 2 ? typed.request.args[i] : slice_text("xgroup");
    }
    for (size_t num = 512; num <= 513; num++) {
        const struct request request = {.args = words, .num_args = num};
        size_t cap = redis_command_reply_cap(&request);
        uint8_t *memory = malloc(cap);
        struct writer w = writer_over(memory, cap);
        redis_write_command_reply(&w, &request, REDIS_COMMAND_INFO, NULL, RESP_2);
        struct slice written;
        assert_true(writer_done(&w, &written));
        assert_int_equal(written.ptr[0], num == 512 ? '*' : '-');
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shows_only_what_a_tenant_may_use),
        cmocka_unit_test(test_one_command),
        cmocka_unit_test(test_subcommands_stand_below_their_container),
        cmocka_unit_test(test_getkeys_shows_the_clients_own_names),
        cmocka_unit_test(test_a_question_may_not_name_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
