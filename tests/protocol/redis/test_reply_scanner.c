/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/redis/reply_scanner.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

static const char *const replies[] = {
    "+OK\r\n",
    "-ERR no\r\n",
    ":0\r\n",
    ":-12\r\n",
    "$0\r\n\r\n",
    "$-1\r\n",
    "*-1\r\n",
    "*0\r\n",
    "$5\r\n\r\n\r\n\n\r\n",
    "*3\r\n$1\r\na\r\n$-1\r\n:7\r\n",
    "*2\r\n*2\r\n$1\r\nk\r\n*0\r\n*1\r\n*1\r\n+x\r\n",
    "_\r\n",
    "#t\r\n",
    "#f\r\n",
    ",3.25\r\n",
    ",inf\r\n",
    "(3492890328409238509324850943850943825024385\r\n",
    "=7\r\ntxt:abc\r\n",
    "!5\r\nERR x\r\n",
    "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n",
    "%0\r\n",
    "~2\r\n+a\r\n+b\r\n",
    "|1\r\n+ttl\r\n:3600\r\n+OK\r\n",
    "|0\r\n:1\r\n",
    "*2\r\n|1\r\n+a\r\n|1\r\n+x\r\n+y\r\n+b\r\n:1\r\n:2\r\n",
    ">2\r\n+invalidate\r\n_\r\n",
};

#define NUM_REPLIES (sizeof replies / sizeof replies[0])

/* Shows `text` in pieces of `step` bytes, keeping what was not consumed; answers the last status
 * and how much was consumed in all. */
static enum scan_status scan_in_steps(const char *text, size_t len, size_t step, size_t *out_len)
{
    struct reply_scanner s;
    memset(&s, 0xA5, sizeof s);
    reply_scanner_reset(&s);
    size_t consumed = 0;
    enum scan_status status = SCAN_MORE;
    for (size_t shown = step < len ? step : len; status == SCAN_MORE; shown += step) {
        shown = shown < len ? shown : len;
        struct slice in = guarded_copy(text + consumed, shown - consumed);
        size_t taken = 0;
        status = reply_scan(&s, in, &taken);
        guarded_free(in);
        consumed += taken;
        if (shown == len) {
            break;
        }
    }
    assert_int_equal(status == SCAN_DONE, reply_scanner_done(&s));
    *out_len = consumed;
    return status;
}

static void test_every_type_in_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_REPLIES; i++) {
        char text[256];
        size_t len = strlen(replies[i]);
        /* What follows belongs to the next reply. */
        size_t total = (size_t)snprintf(text, sizeof text, "%s%s", replies[i], "+next\r\n");
        for (size_t step = 1; step <= total; step++) {
            size_t consumed = 0;
            assert_int_equal(scan_in_steps(text, total, step, &consumed), SCAN_DONE);
            assert_int_equal(consumed, len);
        }
    }
}

static void test_every_prefix_is_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_REPLIES; i++) {
        for (size_t len = 0; len < strlen(replies[i]); len++) {
            size_t consumed = 0;
            assert_int_equal(scan_in_steps(replies[i], len, 1 + len, &consumed), SCAN_MORE);
            assert_true(consumed <= len);
        }
    }
}

static void test_refuses_what_no_server_sends(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "x",
        "\r\n",
        "OK\r\n",
        "*?\r\n",
        "$?\r\n",
        "%?\r\n",
        ";4\r\n",
        ".\r\n",
        "$-2\r\n",
        "*-2\r\n",
        "%-1\r\n",
        "~-1\r\n",
        "=-1\r\n",
        "!-1\r\n",
        ">-1\r\n",
        "|-1\r\n",
        "$01\r\n",
        "*+1\r\n",
        "$1\r\naXX",
        "$1\r\na\rX",
        "$1\r\na\n\n",
        "$0\r\nX",
        "+a\rb\r\n",
        "+a\nb\r\n",
        "_x\r\n",
        "#x\r\n",
        "#\r\n",
        ":\r\n",
        "*1\r\n>1\r\n+a\r\n",
        "*4294967297\r\n",
        "$1099511627777\r\n",
        "*9223372036854775807\r\n",
        "$9223372036854775807\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t step = 1; step <= strlen(bad[i]); step++) {
            size_t consumed = 0;
            assert_int_equal(scan_in_steps(bad[i], strlen(bad[i]), step, &consumed), SCAN_BAD);
        }
    }
}

static void test_depth_ends_at_its_cap(void **state)
{
    (void)state;
    for (size_t depth = REPLY_DEPTH_CAP; depth <= REPLY_DEPTH_CAP + 1; depth++) {
        char text[(REPLY_DEPTH_CAP + 1) * 4 + 4];
        for (size_t i = 0; i < depth; i++) {
            memcpy(text + i * 4, "*1\r\n", 4);
        }
        memcpy(text + depth * 4, ":1\r\n", 4);
        size_t consumed = 0;
        enum scan_status status = scan_in_steps(text, depth * 4 + 4, 1, &consumed);
        assert_int_equal(status, depth == REPLY_DEPTH_CAP ? SCAN_DONE : SCAN_BAD);
    }
}

static void test_a_large_string_passes_without_being_held(void **state)
{
    (void)state;
    struct reply_scanner s;
    reply_scanner_reset(&s);
    size_t taken = 0;
    assert_int_equal(reply_scan(&s, slice_text("*2\r\n$1000000\r\n"), &taken), SCAN_MORE);
    assert_int_equal(taken, 14);
    static const char kilobyte[1000];
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(reply_scan(&s, slice_of(kilobyte, sizeof kilobyte), &taken), SCAN_MORE);
        assert_int_equal(taken, sizeof kilobyte);
    }
    assert_int_equal(reply_scan(&s, slice_text("\r"), &taken), SCAN_MORE);
    assert_int_equal(taken, 1);
    assert_int_equal(reply_scan(&s, slice_text("\n:"), &taken), SCAN_MORE);
    assert_int_equal(taken, 1);
    assert_int_equal(reply_scan(&s, slice_text(":5\r\n"), &taken), SCAN_DONE);
    assert_int_equal(taken, 4);
}

static void test_lines_end_at_their_cap(void **state)
{
    (void)state;
    static char text[REPLY_LINE_LEN_CAP + 3];
    memset(text, 'x', sizeof text);
    text[0] = '-';
    memcpy(text + REPLY_LINE_LEN_CAP, "\r\n", 2);
    size_t consumed = 0;
    assert_int_equal(scan_in_steps(text, REPLY_LINE_LEN_CAP + 2, 4096, &consumed), SCAN_DONE);
    memset(text + REPLY_LINE_LEN_CAP, 'x', 3);
    assert_int_equal(scan_in_steps(text, REPLY_LINE_LEN_CAP, 4096, &consumed), SCAN_MORE);
    assert_int_equal(scan_in_steps(text, REPLY_LINE_LEN_CAP + 1, 4096, &consumed), SCAN_BAD);
}

static void test_tokens_know_their_place(void **state)
{
    (void)state;
    struct slice in = slice_text("*2\r\n:0\r\n%1\r\n$1\r\nk\r\n|1\r\n+a\r\n+b\r\n_\r\n");
    static const struct {
        uint8_t type;
        uint32_t level;
        uint64_t index;
    } expected[] = {{'*', 0, 0}, {':', 1, 0}, {'%', 1, 1}, {'$', 2, 0},
                    {'|', 2, 1}, {'+', 3, 0}, {'+', 3, 1}, {'_', 2, 1}};
    struct reply_scanner s;
    reply_scanner_reset(&s);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct reply_token token;
        assert_int_equal(reply_scanner_token(&s, in, &token), SCAN_DONE);
        assert_int_equal(token.type, expected[i].type);
        assert_int_equal(token.level, expected[i].level);
        assert_int_equal(token.index, expected[i].index);
        in = slice_from(in, token.line_len);
        if (token.body_len > 0) {
            size_t len = 0;
            assert_int_equal(reply_scanner_body(&s, in, &len), SCAN_DONE);
            in = slice_from(in, len);
        }
    }
    assert_true(reply_scanner_done(&s));
    assert_int_equal(in.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_in_every_split),
        cmocka_unit_test(test_every_prefix_is_more),
        cmocka_unit_test(test_refuses_what_no_server_sends),
        cmocka_unit_test(test_depth_ends_at_its_cap),
        cmocka_unit_test(test_a_large_string_passes_without_being_held),
        cmocka_unit_test(test_lines_end_at_their_cap),
        cmocka_unit_test(test_tokens_know_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
