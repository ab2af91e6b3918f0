/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/redis/reply_rewrite.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

struct rewritten {
    enum reply_step step;
    char text[1024];
    size_t len;
    size_t consumed;
};

static void give_out(struct rewritten *out, struct slice s)
{
    assert_true(out->len + s.len < sizeof out->text);
    if (s.len > 0) {
        memcpy(out->text + out->len, s.ptr, s.len);
    }
    out->len += s.len;
    out->text[out->len] = '\0';
}

/* Everything the client gets of `text`, which arrives in pieces of `step` bytes. */
static void rewrite_in_steps(enum redis_reply_rule rule, const char *text, size_t len, size_t step,
                             struct rewritten *out)
{
    struct redis_prefix prefix;
    struct reply_rewrite r;
    memset(&r, 0xA5, sizeof r);
    *out = (struct rewritten){.step = REPLY_STEP_MORE};
    assert_true(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_text("acme")));
    reply_rewrite_begin(&r, rule);
    for (size_t shown = step < len ? step : len;; shown = shown + step < len ? shown + step : len) {
        do {
            struct slice in = guarded_copy(text + out->consumed, shown - out->consumed);
            struct reply_piece piece;
            out->step = reply_rewrite_next(&r, &prefix, in, &piece);
            give_out(out, piece.forward);
            give_out(out, piece.insert);
            out->consumed += piece.consumed;
            guarded_free(in);
        } while (out->step == REPLY_STEP_PIECE);
        if (out->step != REPLY_STEP_MORE || shown == len) {
            return;
        }
    }
}

struct expectation {
    enum redis_reply_rule rule;
    const char *text;
    const char *expected;
};

static const struct expectation good[] = {
    {REDIS_REPLY_PLAIN, "$6\r\nacme:a\r\n", "$6\r\nacme:a\r\n"},
    {REDIS_REPLY_PLAIN, "*2\r\n+acme:\r\n:1\r\n", "*2\r\n+acme:\r\n:1\r\n"},
    {REDIS_REPLY_PLAIN, "-NOGROUP No such key 'acme:s' or consumer group 'g'\r\n",
     "-NOGROUP No such key 's' or consumer group 'g'\r\n"},
    {REDIS_REPLY_PLAIN, "-ERR acme:acme: xacme:a acme:", NULL},
    {REDIS_REPLY_PLAIN, "-ERR acme:b xacme:a acme:\r\n", "-ERR b xacme:a \r\n"},
    {REDIS_REPLY_PLAIN, "-ERR no\r\n", "-ERR no\r\n"},
    {REDIS_REPLY_KEYS, "*2\r\n$6\r\nacme:a\r\n$5\r\nacme:\r\n", "*2\r\n$1\r\na\r\n$0\r\n\r\n"},
    {REDIS_REPLY_KEYS, "*1\r\n$10\r\nacme:acme:\r\n", "*1\r\n$5\r\nacme:\r\n"},
    {REDIS_REPLY_KEYS, "*0\r\n", "*0\r\n"},
    {REDIS_REPLY_KEYS, "-OOM acme:x\r\n", "-OOM x\r\n"},
    {REDIS_REPLY_SCAN, "*2\r\n$2\r\n17\r\n*2\r\n$6\r\nacme:a\r\n$6\r\nacme:b\r\n",
     "*2\r\n$2\r\n17\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"},
    {REDIS_REPLY_SCAN, "*2\r\n$1\r\n0\r\n*0\r\n", "*2\r\n$1\r\n0\r\n*0\r\n"},
    {REDIS_REPLY_POP, "*2\r\n$6\r\nacme:l\r\n*1\r\n$6\r\nglobex\r\n",
     "*2\r\n$1\r\nl\r\n*1\r\n$6\r\nglobex\r\n"},
    {REDIS_REPLY_POP, "*-1\r\n", "*-1\r\n"},
    {REDIS_REPLY_POP, "_\r\n", "_\r\n"},
    {REDIS_REPLY_STREAMS,
     "*1\r\n*2\r\n$6\r\nacme:s\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n",
     "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"},
    {REDIS_REPLY_STREAMS,
     "%2\r\n$6\r\nacme:s\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*0\r\n$6\r\nacme:t\r\n*0\r\n",
     "%2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*0\r\n$1\r\nt\r\n*0\r\n"},
    {REDIS_REPLY_STREAMS, "*-1\r\n", "*-1\r\n"},
    {REDIS_REPLY_TRANSACTION, "*3\r\n+OK\r\n-NOGROUP 'acme:s'\r\n$6\r\nacme:v\r\n",
     "*3\r\n+OK\r\n-NOGROUP 's'\r\n$6\r\nacme:v\r\n"},
    {REDIS_REPLY_TRANSACTION, "*2\r\n:1\r\n-ERR acme:\r\n", "*2\r\n:1\r\n-ERR \r\n"},
};

static void test_prefixes_are_dropped_in_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t len = strlen(good[i].text);
        for (size_t step = 1; step <= len; step++) {
            struct rewritten out;
            rewrite_in_steps(good[i].rule, good[i].text, len, step, &out);
            if (good[i].expected == NULL) {
                assert_int_equal(out.step, REPLY_STEP_MORE);
                continue;
            }
            assert_int_equal(out.step, REPLY_STEP_DONE);
            assert_string_equal(out.text, good[i].expected);
            assert_int_equal(out.consumed, len);
        }
    }
}

static void test_every_prefix_is_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        for (size_t len = 0; len < strlen(good[i].text); len++) {
            struct rewritten out;
            rewrite_in_steps(good[i].rule, good[i].text, len, len + 1, &out);
            assert_int_equal(out.step, REPLY_STEP_MORE);
        }
    }
}

static void test_foreign_keys_and_strange_shapes_are_violations(void **state)
{
    (void)state;
    static const struct expectation bad[] = {
        {REDIS_REPLY_KEYS, "*2\r\n$6\r\nacme:a\r\n$8\r\nglobex:a\r\n", NULL},
        {REDIS_REPLY_KEYS, "*1\r\n$4\r\nacme\r\n", NULL},
        {REDIS_REPLY_KEYS, "*1\r\n$6\r\nacmeX:\r\n", NULL},
        {REDIS_REPLY_KEYS, "*1\r\n$-1\r\n", NULL},
        {REDIS_REPLY_KEYS, "*1\r\n+acme:a\r\n", NULL},
        {REDIS_REPLY_KEYS, "*1\r\n*1\r\n$6\r\nacme:a\r\n", NULL},
        {REDIS_REPLY_KEYS, "$6\r\nacme:a\r\n", NULL},
        {REDIS_REPLY_KEYS, "|1\r\n+a\r\n+b\r\n*0\r\n", NULL},
        {REDIS_REPLY_KEYS, "*1\r\n-acme:a\r\n", NULL},
        {REDIS_REPLY_SCAN, "*2\r\n$1\r\n0\r\n*1\r\n$8\r\nglobex:a\r\n", NULL},
        {REDIS_REPLY_SCAN, "*2\r\n*0\r\n*0\r\n", NULL},
        {REDIS_REPLY_SCAN, "*3\r\n$1\r\n0\r\n*0\r\n$1\r\na\r\n", NULL},
        {REDIS_REPLY_POP, "*2\r\n$8\r\nglobex:l\r\n*0\r\n", NULL},
        {REDIS_REPLY_STREAMS, "*1\r\n*2\r\n$8\r\nglobex:s\r\n*0\r\n", NULL},
        {REDIS_REPLY_STREAMS, "*2\r\n$6\r\nacme:s\r\n*0\r\n", NULL},
        {REDIS_REPLY_STREAMS, "%1\r\n$8\r\nglobex:s\r\n*0\r\n", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = strlen(bad[i].text);
        for (size_t step = 1; step <= len; step++) {
            struct rewritten out;
            rewrite_in_steps(bad[i].rule, bad[i].text, len, step, &out);
            assert_int_equal(out.step, REPLY_STEP_VIOLATION);
            assert_null(strstr(out.text, "globex"));
        }
    }
}

/* After a violation, and from any point on, the rest is consumed exactly and nobody gets it. */
static void test_a_discarded_reply_ends_where_it_ends(void **state)
{
    (void)state;
    static const char text[] =
        "*4\r\n$6\r\nacme:a\r\n-ERR acme:\r\n$8\r\nglobex:a\r\n$6\r\nacme:b\r\n";
    size_t len = sizeof text - 1;
    struct redis_prefix prefix;
    assert_true(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_text("acme")));
    for (unsigned num_steps = 0; num_steps < 8; num_steps++) {
        for (unsigned rule = REDIS_REPLY_PLAIN; rule <= REDIS_REPLY_TRANSACTION; rule++) {
            struct reply_rewrite r;
            struct reply_piece piece;
            struct slice left = slice_of(text, len);
            enum reply_step step = REPLY_STEP_PIECE;
            reply_rewrite_begin(&r, (enum redis_reply_rule)rule);
            for (unsigned i = 0; i < num_steps && step == REPLY_STEP_PIECE; i++) {
                step = reply_rewrite_next(&r, &prefix, left, &piece);
                left = slice_from(left, piece.consumed);
            }
            if (step == REPLY_STEP_DONE) {
                assert_int_equal(left.len, 0);
                continue;
            }
            reply_rewrite_discard(&r);
            do {
                step = reply_rewrite_next(&r, &prefix, left, &piece);
                assert_int_equal(piece.forward.len + piece.insert.len, 0);
                left = slice_from(left, piece.consumed);
            } while (step == REPLY_STEP_PIECE);
            assert_int_equal(step, REPLY_STEP_DONE);
            assert_int_equal(left.len, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefixes_are_dropped_in_every_split),
        cmocka_unit_test(test_every_prefix_is_more),
        cmocka_unit_test(test_foreign_keys_and_strange_shapes_are_violations),
        cmocka_unit_test(test_a_discarded_reply_ends_where_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
