/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/redis/transaction.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/policy/redis/request_of.h"

/* Gives `text` to the transaction; answers whether the block is to be sent, else checks the reply.
 */
static bool take(struct redis_transaction *t, const char *text, const char *expected)
{
    static struct typed typed;
    struct redis_scratch scratch = {.cap = 0};
    struct redis_decision decision;
    struct redis_prefix prefix;
    assert_true(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_text("acme")));
    type_request(&typed, text);
    redis_decide(&typed.request, &scratch, &decision);
    char memory[1024];
    struct writer w = writer_over(memory, sizeof memory);
    bool is_ready = redis_transaction_take(t, &typed.request, &decision, &prefix, &w);
    struct slice written;
    assert_true(writer_done(&w, &written));
    if (is_ready) {
        assert_int_equal(written.len, 0);
    } else {
        memory[written.len] = '\0';
        assert_string_equal(memory, expected);
    }
    redis_scratch_fini(&scratch);
    return is_ready;
}

static void test_commands_are_sent_as_one_block(void **state)
{
    (void)state;
    struct redis_transaction t;
    redis_transaction_init(&t, 1000);
    assert_false(take(&t, "multi", "+OK\r\n"));
    assert_true(redis_transaction_is_open(&t));
    assert_false(take(&t, "set a 1", "+QUEUED\r\n"));
    assert_false(take(&t, "del a b", "+QUEUED\r\n"));
    assert_true(take(&t, "exec", NULL));
    assert_int_equal(redis_transaction_num_early(&t), 3);
    uint8_t memory[1000];
    struct writer w = writer_over(memory, redis_transaction_len(&t));
    redis_transaction_write(&t, &w);
    struct slice block;
    assert_true(writer_done(&w, &block));
    assert_true(slice_equal(
        block,
        slice_text("*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nset\r\n$6\r\nacme:a\r\n$1\r\n1\r\n"
                   "*3\r\n$3\r\ndel\r\n$6\r\nacme:a\r\n$6\r\nacme:b\r\n*1\r\n$4\r\nEXEC\r\n")));
    redis_transaction_drop(&t);
    assert_false(redis_transaction_is_open(&t));
}

static void test_a_refusal_makes_exec_fail(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reply;
    } cases[] = {
        {"flushall", "-ERR unknown command 'flushall', with args beginning with: \r\n"},
        {"get", "-ERR wrong number of arguments for 'get' command\r\n"},
        {"keys *", "-ERR this command is not possible inside MULTI here\r\n"},
        {"hello 3", "-ERR this command is not possible inside MULTI here\r\n"},
        {"multi", "-ERR MULTI calls can not be nested\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_transaction t;
        redis_transaction_init(&t, 1000);
        assert_false(take(&t, "multi", "+OK\r\n"));
        assert_false(take(&t, "set a 1", "+QUEUED\r\n"));
        assert_false(take(&t, cases[i].text, cases[i].reply));
        assert_false(take(&t, "exec",
                          "-EXECABORT Transaction discarded because of previous "
                          "errors.\r\n"));
        assert_false(redis_transaction_is_open(&t));
    }
}

static void test_exec_and_discard_need_multi(void **state)
{
    (void)state;
    struct redis_transaction t;
    redis_transaction_init(&t, 1000);
    assert_false(take(&t, "exec", "-ERR EXEC without MULTI\r\n"));
    assert_false(take(&t, "discard", "-ERR DISCARD without MULTI\r\n"));
    assert_false(take(&t, "multi", "+OK\r\n"));
    assert_false(take(&t, "set a 1", "+QUEUED\r\n"));
    assert_false(take(&t, "discard", "+OK\r\n"));
    assert_false(take(&t, "exec", "-ERR EXEC without MULTI\r\n"));
}

static void test_has_a_cap(void **state)
{
    (void)state;
    struct redis_transaction t;
    redis_transaction_init(&t, 200);
    assert_false(take(&t, "multi", "+OK\r\n"));
    char text[256] = "set a ";
    memset(text + 6, 'v', 200);
    assert_false(take(&t, text, "-ERR the transaction is too large\r\n"));
    assert_false(take(&t, "exec",
                      "-EXECABORT Transaction discarded because of previous "
                      "errors.\r\n"));
    redis_transaction_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_are_sent_as_one_block),
        cmocka_unit_test(test_a_refusal_makes_exec_fail),
        cmocka_unit_test(test_exec_and_discard_need_multi),
        cmocka_unit_test(test_has_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
