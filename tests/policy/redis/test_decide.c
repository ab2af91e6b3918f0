/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/redis/decide.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/failing_malloc.h"
#include "tests/policy/redis/request_of.h"

static void decide(const char *text, struct redis_decision *out)
{
    static struct typed typed;
    struct redis_scratch scratch = {.cap = 0};
    type_request(&typed, text);
    redis_decide(&typed.request, &scratch, out);
    out->marks = NULL;
    redis_scratch_fini(&scratch);
}

static void assert_refused(const char *text, const char *error)
{
    struct redis_decision decision;
    decide(text, &decision);
    assert_int_equal(decision.verdict, REDIS_REFUSE);
    assert_string_equal(decision.error, error);
}

static void test_unknown_commands_get_the_words_of_redis(void **state)
{
    (void)state;
    assert_refused("foo a b", "ERR unknown command 'foo', with args beginning with: 'a' 'b' ");
    assert_refused("FLUSHALL", "ERR unknown command 'FLUSHALL', with args beginning with: ");
    assert_refused("get|x y", "ERR unknown command 'get|x', with args beginning with: 'y' ");
    assert_refused("object|encoding y",
                   "ERR unknown command 'object|encoding', with args beginning with: 'y' ");
    assert_refused("acl list", "ERR unknown command 'acl', with args beginning with: 'list' ");
    assert_refused("a\r\nb c\nd", "ERR unknown command 'a  b', with args beginning with: 'c d' ");
    assert_refused("", "ERR unknown command '', with args beginning with: ");
}

static void test_long_unknown_commands_are_cut_as_redis_cuts_them(void **state)
{
    (void)state;
    static char text[1000];
    memset(text, 'x', 999);
    text[300] = ' ';
    text[600] = ' ';
    struct redis_decision decision;
    decide(text, &decision);
    char expected[REDIS_ERROR_CAP];
    memset(expected, 'x', sizeof expected);
    memcpy(expected, "ERR unknown command '", 21);
    memcpy(expected + 21 + 128, "', with args beginning with: '", 30);
    memcpy(expected + 21 + 128 + 30 + 128, "' ", 3);
    assert_string_equal(decision.error, expected);
}

static void test_subcommands_and_arity_get_the_words_of_redis(void **state)
{
    (void)state;
    assert_refused("object foo a", "ERR unknown subcommand 'foo'. Try OBJECT HELP.");
    assert_refused("object  a", "ERR unknown subcommand ''. Try OBJECT HELP.");
    assert_refused("config set a b", "ERR unknown subcommand 'set'. Try CONFIG HELP.");
    assert_refused("client kill a", "ERR unknown subcommand 'kill'. Try CLIENT HELP.");
    assert_refused("memory doctor", "ERR unknown subcommand 'doctor'. Try MEMORY HELP.");
    assert_refused("client reply off", "ERR unknown subcommand 'reply'. Try CLIENT HELP.");
    assert_refused("object", "ERR wrong number of arguments for 'object' command");
    assert_refused("OBJECT encoding",
                   "ERR wrong number of arguments for 'object|encoding' command");
    assert_refused("GET", "ERR wrong number of arguments for 'get' command");
    assert_refused("get a b", "ERR wrong number of arguments for 'get' command");
}

/* Nothing that answers never, twice or for ever, that blocks, or that sees more than one tenant. */
static const char *const never[] = {
    "monitor",
    "subscribe a",
    "psubscribe a",
    "ssubscribe a",
    "unsubscribe",
    "punsubscribe",
    "sunsubscribe",
    "sync",
    "psync a 1",
    "replconf a b",
    "blpop a 0",
    "brpop a 0",
    "blmove a b left right 0",
    "brpoplpush a b 0",
    "blmpop 0 1 a left",
    "bzmpop 0 1 a min",
    "bzpopmin a 0",
    "bzpopmax a 0",
    "wait 0 0",
    "watch a",
    "eval x 0",
    "evalsha x 0",
    "eval_ro x 0",
    "evalsha_ro x 0",
    "fcall x 0",
    "fcall_ro x 0",
    "script flush",
    "function flush",
    "flushall",
    "flushdb",
    "dbsize",
    "randomkey",
    "swapdb 0 1",
    "move a 1",
    "migrate h 1 k 0 1",
    "restore a 0 b",
    "restore-asking a 0 b",
    "debug sleep 1",
    "shutdown",
    "save",
    "bgsave",
    "bgrewriteaof",
    "replicaof a 1",
    "slaveof a 1",
    "failover",
    "acl whoami",
    "module list",
    "cluster info",
    "slowlog get",
    "latency doctor",
    "lastsave",
    "role",
    "lolwut",
    "publish a b",
    "spublish a b",
    "pubsub channels",
    "asking",
    "pfdebug a b",
    "pfselftest",
};

static void test_what_would_harm_others_is_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        struct redis_decision decision;
        decide(never[i], &decision);
        assert_int_equal(decision.verdict, REDIS_REFUSE);
        assert_memory_equal(decision.error, "ERR unknown command '", 21);
    }
}

static void test_local_commands_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum redis_command_id id;
    } cases[] = {{"PING", REDIS_PING},
                 {"hello 3 auth u p", REDIS_HELLO},
                 {"Client SetName x", REDIS_CLIENT_SETNAME},
                 {"COMMAND", REDIS_COMMAND},
                 {"command docs", REDIS_COMMAND_DOCS},
                 {"CONFIG GET save", REDIS_CONFIG_GET},
                 {"MULTI", REDIS_MULTI}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_decision decision;
        decide(cases[i].text, &decision);
        assert_int_equal(decision.verdict, REDIS_LOCAL);
        assert_int_equal(decision.id, cases[i].id);
    }
}

static void test_reply_rules_go_with_their_commands(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum redis_reply_rule rule;
    } cases[] = {{"get a", REDIS_REPLY_PLAIN},
                 {"keys *", REDIS_REPLY_KEYS},
                 {"scan 0", REDIS_REPLY_SCAN},
                 {"lmpop 1 a left", REDIS_REPLY_POP},
                 {"zmpop 1 a min", REDIS_REPLY_POP},
                 {"xread streams a 0", REDIS_REPLY_STREAMS},
                 {"xreadgroup group g c streams a >", REDIS_REPLY_STREAMS},
                 {"hscan a 0", REDIS_REPLY_PLAIN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_decision decision;
        decide(cases[i].text, &decision);
        assert_int_equal(decision.verdict, REDIS_FORWARD);
        assert_int_equal(decision.reply_rule, cases[i].rule);
    }
}

static void test_shortage_of_memory_refuses(void **state)
{
    (void)state;
    static struct typed typed;
    struct redis_scratch scratch = {.cap = 0};
    struct redis_decision decision;
    type_request(&typed, "get a");
    failing_malloc_arm(0);
    redis_decide(&typed.request, &scratch, &decision);
    assert_true(failing_malloc_disarm());
    assert_int_equal(decision.verdict, REDIS_REFUSE);
    assert_string_equal(decision.error, "ERR out of memory");
    redis_scratch_fini(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_commands_get_the_words_of_redis),
        cmocka_unit_test(test_long_unknown_commands_are_cut_as_redis_cuts_them),
        cmocka_unit_test(test_subcommands_and_arity_get_the_words_of_redis),
        cmocka_unit_test(test_what_would_harm_others_is_unknown),
        cmocka_unit_test(test_local_commands_are_told_apart),
        cmocka_unit_test(test_reply_rules_go_with_their_commands),
        cmocka_unit_test(test_shortage_of_memory_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
