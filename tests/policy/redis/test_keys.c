/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server is sent, for each way in which commands name keys. "p*q:" as the prefix shows
 * where a glob is escaped; a real prefix cannot hold a '*'. */
#include "policy/redis/keys.h"

#include <string.h>

#include "policy/redis/rewrite.h"
#include "tests/cmocka_all.h"
#include "tests/policy/redis/request_of.h"

static struct redis_prefix prefix_of(const char *text)
{
    struct redis_prefix prefix = {.len = strlen(text)};
    memcpy(prefix.bytes, text, prefix.len);
    return prefix;
}

/* The decision about `text`, and what would be sent, or the error. */
static enum redis_verdict rewrite(const char *text, const char *prefix_text, char out[TYPED_CAP])
{
    static struct typed typed;
    struct redis_scratch scratch = {.cap = 0};
    struct redis_decision decision;
    struct redis_prefix prefix = prefix_of(prefix_text);
    type_request(&typed, text);
    redis_decide(&typed.request, &scratch, &decision);
    if (decision.verdict == REDIS_FORWARD) {
        uint8_t memory[TYPED_CAP];
        size_t cap = redis_rewritten_cap(&typed.request, &decision, &prefix);
        assert_true(cap <= sizeof memory);
        struct writer w = writer_over(memory, cap);
        redis_write_rewritten(&w, &typed.request, &decision, &prefix);
        struct slice frame;
        assert_true(writer_done(&w, &frame));
        show_request(frame, out);
    } else {
        memcpy(out, decision.error, sizeof decision.error);
    }
    redis_scratch_fini(&scratch);
    return decision.verdict;
}

struct expectation {
    const char *text;
    const char *expected;
};

static void assert_all(const struct expectation *cases, size_t num, enum redis_verdict verdict)
{
    for (size_t i = 0; i < num; i++) {
        char out[TYPED_CAP];
        assert_int_equal(rewrite(cases[i].text, "p*q:", out), verdict);
        assert_string_equal(out, cases[i].expected);
    }
}

#define NUM(cases) (sizeof cases / sizeof cases[0])

static void test_keys_by_the_table(void **state)
{
    (void)state;
    static const struct expectation cases[] = {
        {"GET k", "GET p*q:k"},
        {"GET ", "GET p*q:"},
        {"SET k v PX 10", "SET p*q:k v PX 10"},
        {"mget a b c", "mget p*q:a p*q:b p*q:c"},
        {"mset a 1 b 2", "mset p*q:a 1 p*q:b 2"},
        {"rename a b", "rename p*q:a p*q:b"},
        {"bitop and d a b", "bitop and p*q:d p*q:a p*q:b"},
        {"sunionstore d a b", "sunionstore p*q:d p*q:a p*q:b"},
        {"object encoding k", "object encoding p*q:k"},
        {"OBJECT HELP", "OBJECT HELP"},
        {"memory usage k samples 5", "memory usage p*q:k samples 5"},
        {"xgroup create s g $ mkstream", "xgroup create p*q:s g $ mkstream"},
        {"xinfo stream s", "xinfo stream p*q:s"},
        {"zunionstore d 2 a b weights 1 2", "zunionstore p*q:d 2 p*q:a p*q:b weights 1 2"},
        {"zinter 1 a withscores", "zinter 1 p*q:a withscores"},
        {"lmpop 2 a b left count 2", "lmpop 2 p*q:a p*q:b left count 2"},
        {"sintercard 2 a b limit 3", "sintercard 2 p*q:a p*q:b limit 3"},
        {"lcs a b len", "lcs p*q:a p*q:b len"},
        {"hscan h 0 match a*", "hscan p*q:h 0 match a*"},
        {"geosearchstore d s frommember m byradius 1 km asc",
         "geosearchstore p*q:d p*q:s frommember m byradius 1 km asc"},
        {"TIME", "TIME"},
    };
    assert_all(cases, NUM(cases), REDIS_FORWARD);
}

static void test_counts_of_keys_are_read_as_strictly_as_redis_does(void **state)
{
    (void)state;
    static const struct expectation cases[] = {
        {"zunion 0 a", "ERR at least 1 input key is needed for 'zunion' command"},
        {"zunionstore d -1 a", "ERR at least 1 input key is needed for 'zunionstore' command"},
        {"zunion +1 a", "ERR value is not an integer or out of range"},
        {"zunion 01 a", "ERR value is not an integer or out of range"},
        {"zunion 1\t a", "ERR value is not an integer or out of range"},
        {"zunion 99999999999999999999 a", "ERR value is not an integer or out of range"},
        {"zunion 2 a", "ERR syntax error"},
        {"zunionstore d 2 a", "ERR syntax error"},
        {"zinter 9223372036854775807 a", "ERR syntax error"},
        {"lmpop 0 a left", "ERR numkeys should be greater than 0"},
        {"lmpop x a left", "ERR numkeys should be greater than 0"},
        {"zmpop 3 a min", "ERR syntax error"},
        {"sintercard 3 a", "ERR Number of keys can't be greater than number of args"},
    };
    assert_all(cases, NUM(cases), REDIS_REFUSE);
}

static void test_sort(void **state)
{
    (void)state;
    static const struct expectation good[] = {
        {"sort l", "sort p*q:l"},
        {"sort l by w_* get # get o_*->f store d limit 0 5 desc alpha",
         "sort p*q:l by p*q:w_* get # get p*q:o_*->f store p*q:d limit 0 5 desc alpha"},
        {"sort l store a store b", "sort p*q:l store p*q:a store p*q:b"},
        {"sort l by nosort", "sort p*q:l by p*q:nosort"},
        {"sort l get ## get #*", "sort p*q:l get p*q:## get p*q:#*"},
        {"sort l limit store 1 asc", "sort p*q:l limit store 1 asc"},
        {"sort by by by get get store store", "sort p*q:by by p*q:by get p*q:get store p*q:store"},
        {"sort_ro l by w_*", "sort_ro p*q:l by p*q:w_*"},
    };
    static const struct expectation bad[] = {
        {"sort l store", "ERR syntax error"},      {"sort l limit 1", "ERR syntax error"},
        {"sort l foo", "ERR syntax error"},        {"sort_ro l store d", "ERR syntax error"},
        {"sort l by w_* get", "ERR syntax error"},
    };
    assert_all(good, NUM(good), REDIS_FORWARD);
    assert_all(bad, NUM(bad), REDIS_REFUSE);
}

static void test_georadius(void **state)
{
    (void)state;
    static const struct expectation good[] = {
        {"georadius g 1 2 3 km store d", "georadius p*q:g 1 2 3 km store p*q:d"},
        {"georadius g 1 2 3 km withdist count 5 any StoreDist d",
         "georadius p*q:g 1 2 3 km withdist count 5 any StoreDist p*q:d"},
        {"georadius g store store store km asc", "georadius p*q:g store store store km asc"},
        {"georadiusbymember g m 3 km store d", "georadiusbymember p*q:g m 3 km store p*q:d"},
        {"georadiusbymember g store 3 km", "georadiusbymember p*q:g store 3 km"},
        {"georadius g 1 2 3 km count store", "georadius p*q:g 1 2 3 km count store"},
        {"georadius_ro g 1 2 3 km store d", "georadius_ro p*q:g 1 2 3 km store d"},
    };
    static const struct expectation bad[] = {
        {"georadius g 1 2 3 km store a store b", "ERR syntax error"},
        {"georadius g 1 2 3 km store a storedist b", "ERR syntax error"},
        {"georadius g 1 2 3 km store", "ERR syntax error"},
        {"georadius g 1 2 3 km foo", "ERR syntax error"},
        {"georadiusbymember g m 3 km storedist a store b", "ERR syntax error"},
    };
    assert_all(good, NUM(good), REDIS_FORWARD);
    assert_all(bad, NUM(bad), REDIS_REFUSE);
}

static void test_xread(void **state)
{
    (void)state;
    static const struct expectation good[] = {
        {"xread streams a b 0 0", "xread streams p*q:a p*q:b 0 0"},
        {"xread count 5 streams a $", "xread count 5 streams p*q:a $"},
        {"xread count streams streams a $", "xread count streams streams p*q:a $"},
        {"xreadgroup group streams c streams k >", "xreadgroup group streams c streams p*q:k >"},
        {"xreadgroup count 1 group g streams noack streams k >",
         "xreadgroup count 1 group g streams noack streams p*q:k >"},
        {"xreadgroup group g c streams streams >", "xreadgroup group g c streams p*q:streams >"},
    };
    static const struct expectation bad[] = {
        {"xread streams a b 0",
         "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
         "specified."},
        {"xread foo bar baz", "ERR syntax error"},
        {"xread count 1 streams", "ERR syntax error"},
        {"xread group g c streams a 0", "ERR syntax error"},
        {"xread noack streams a 0", "ERR syntax error"},
        {"xreadgroup noack noack noack streams a >", "ERR Missing GROUP option for XREADGROUP"},
        {"xread block 0 streams a $",
         "ERR BLOCK is not possible here: the link is shared with other clients"},
    };
    assert_all(good, NUM(good), REDIS_FORWARD);
    assert_all(bad, NUM(bad), REDIS_REFUSE);
}

static void test_patterns_get_the_prefix_escaped(void **state)
{
    (void)state;
    static const struct expectation good[] = {
        {"keys *", "keys p\\*q:*"},
        {"keys [ab]\\", "keys p\\*q:[ab]\\"},
        {"scan 0", "scan 0 MATCH p\\*q:*"},
        {"scan 17 count 100 type string", "scan 17 count 100 type string MATCH p\\*q:*"},
        {"scan 0 match u:* count 5", "scan 0 match p\\*q:u:* count 5"},
        {"scan 0 match a match b", "scan 0 match p\\*q:a match p\\*q:b"},
        {"scan 0 type match count match", "scan 0 type match count match MATCH p\\*q:*"},
    };
    static const struct expectation bad[] = {
        {"scan 0 match", "ERR syntax error"},
        {"scan 0 foo bar", "ERR syntax error"},
        {"scan 0 count 5 match", "ERR syntax error"},
    };
    assert_all(good, NUM(good), REDIS_FORWARD);
    assert_all(bad, NUM(bad), REDIS_REFUSE);
}

static void test_copy_stays_in_its_database(void **state)
{
    (void)state;
    static const struct expectation good[] = {
        {"copy a b", "copy p*q:a p*q:b"},
        {"copy db replace REPLACE", "copy p*q:db p*q:replace REPLACE"},
    };
    static const struct expectation bad[] = {
        {"copy a b db 3", "ERR COPY to another database is not possible here"},
        {"copy a b replace DB 3", "ERR COPY to another database is not possible here"},
        {"copy a b c", "ERR syntax error"},
    };
    assert_all(good, NUM(good), REDIS_FORWARD);
    assert_all(bad, NUM(bad), REDIS_REFUSE);
}

/* Every reviewed command, with as many arguments as it can have: nothing is sent without at least
 * one key, unless it is known to have none. */
static void test_nothing_is_sent_without_a_key(void **state)
{
    (void)state;
    for (unsigned id = 0; id < REDIS_NUM_COMMANDS; id++) {
        const struct redis_command *command = redis_command_of((enum redis_command_id)id);
        char text[512];
        size_t len = strlen(command->name);
        memcpy(text, command->name, len);
        for (size_t i = 0; i < len; i++) {
            text[i] = text[i] == '|' ? ' ' : text[i];
        }
        for (unsigned num_args = 0; num_args < 10; num_args++) {
            char out[TYPED_CAP];
            text[len + num_args * 2] = '\0';
            if (rewrite(text, "p*q:", out) == REDIS_FORWARD) {
                bool has_none = id == REDIS_TIME || id == REDIS_OBJECT_HELP ||
                                id == REDIS_XGROUP_HELP || id == REDIS_XINFO_HELP;
                assert_true(has_none || strstr(out, " p*q:1") != NULL ||
                            strstr(out, " p\\*q:1") != NULL || strstr(out, "MATCH p\\*q:*"));
            }
            memcpy(text + len + num_args * 2, " 1", 2);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_by_the_table),
        cmocka_unit_test(test_counts_of_keys_are_read_as_strictly_as_redis_does),
        cmocka_unit_test(test_sort),
        cmocka_unit_test(test_georadius),
        cmocka_unit_test(test_xread),
        cmocka_unit_test(test_patterns_get_the_prefix_escaped),
        cmocka_unit_test(test_copy_stays_in_its_database),
        cmocka_unit_test(test_nothing_is_sent_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
