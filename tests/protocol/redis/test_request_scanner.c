/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/redis/request_scanner.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/redis/resp_line.h"
#include "protocol/redis/write.h"
#include "tests/cmocka_all.h"
#include "tests/failing_malloc.h"
#include "tests/guarded.h"

static const struct request_limits limits = {
    .max_args = 8, .max_bulk_len = 64, .max_total_len = 256};

/* One scan of all of text, at a guard page. */
static enum scan_status scan_once(const char *text, size_t len, struct request *out)
{
    struct slice in = guarded_copy(text, len);
    struct request_scanner s = {.position = 0};
    struct request_args args = {.cap = 0};
    enum scan_status status = request_scan(&s, in, &limits, &args, out);
    request_args_fini(&args);
    guarded_free(in);
    return status;
}

static enum scan_status scan_text(const char *text)
{
    struct request out;
    return scan_once(text, strlen(text), &out);
}

static void test_finds_a_request_and_its_arguments(void **state)
{
    (void)state;
    struct request_scanner s = {.position = 0};
    struct request_args args = {.cap = 0};
    struct request out;
    struct slice in = slice_text("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n");
    assert_int_equal(request_scan(&s, in, &limits, &args, &out), SCAN_DONE);
    assert_int_equal(out.num_args, 2);
    assert_true(slice_equal(out.args[0], slice_text("GET")));
    assert_true(slice_equal(out.args[1], slice_text("k")));
    assert_true(slice_equal(out.frame, slice_of(in.ptr, 20)));
    request_args_fini(&args);
}

/* Every split in two, and one byte at a time: MORE until the end, then the same arguments. */
static void test_every_split_gives_the_same_request(void **state)
{
    (void)state;
    static const char text[] =
        "*4\r\n$4\r\nMSET\r\n$0\r\n\r\n$11\r\n\r\n$3\r\nfoo\r\n\r\n$1\r\nv\r\n";
    size_t len = sizeof text - 1;
    for (size_t step = 1; step <= len; step++) {
        struct request_scanner s = {.position = 0};
        struct request_args args = {.cap = 0};
        struct request out;
        for (size_t shown = step; shown < len; shown += step) {
            struct slice part = guarded_copy(text, shown);
            assert_int_equal(request_scan(&s, part, &limits, &args, &out), SCAN_MORE);
            guarded_free(part);
        }
        struct slice whole = guarded_copy(text, len);
        assert_int_equal(request_scan(&s, whole, &limits, &args, &out), SCAN_DONE);
        assert_int_equal(out.num_args, 4);
        assert_int_equal(out.args[1].len, 0);
        assert_true(slice_equal(out.args[2], slice_text("\r\n$3\r\nfoo\r\n")));
        assert_true(slice_equal(out.args[3], slice_text("v")));
        assert_int_equal(out.frame.len, len);
        request_args_fini(&args);
        guarded_free(whole);
    }
}

static void test_every_prefix_is_more(void **state)
{
    (void)state;
    static const char text[] = "*2\r\n$3\r\nGET\r\n$10\r\n0123456789\r\n";
    struct request out;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        assert_int_equal(scan_once(text, len, &out), SCAN_MORE);
    }
    assert_int_equal(scan_once(text, sizeof text - 1, &out), SCAN_DONE);
}

static void test_refuses_every_second_way_to_write_a_frame(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "PING\r\n",
        "\r\n",
        "$4\r\nPING\r\n",
        "*+1\r\n",
        "*01\r\n",
        "* 1\r\n",
        "*1 \r\n",
        "*\r\n",
        "*-0\r\n",
        "*1\n$4",
        "*1\rX",
        "*1x\r\n",
        "*-\r\n",
        "*00\r\n",
        "*0x1\r\n",
        "*9223372036854775808\r\n",
        "*99999999999999999999999",
        "*-9223372036854775809\r\n",
        "*1\r\n+OK\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*1\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\n$04\r\nPING\r\n",
        "*1\r\n$+4\r\nPING\r\n",
        "*1\r\n$4\r\nPINGX\n",
        "*1\r\n$4\r\nPING\r\r",
        "*1\r\n$4\r\nPING\n\n",
        "*1\r\n$?\r\n",
        "*?\r\n",
        "GET / HTTP/1.1\r\n",
        "POST /\r\n",
        "~1\r\n",
        "%1\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct request out;
        assert_int_equal(scan_once(bad[i], strlen(bad[i]), &out), SCAN_BAD);
        assert_non_null(out.error);
    }
}

static void test_frames_without_an_answer_have_no_arguments(void **state)
{
    (void)state;
    static const char *const empty[] = {"*0\r\n", "*-1\r\n", "*-5\r\n",
                                        "*-9223372036854775808\r\n"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        struct request out;
        assert_int_equal(scan_once(empty[i], strlen(empty[i]), &out), SCAN_DONE);
        assert_int_equal(out.num_args, 0);
        assert_int_equal(out.frame.len, strlen(empty[i]));
    }
}

static void test_counts_and_lengths_end_at_their_caps(void **state)
{
    (void)state;
    assert_int_equal(scan_text("*8\r\n"), SCAN_MORE);
    assert_int_equal(scan_text("*9\r\n"), SCAN_BAD);
    assert_int_equal(scan_text("*1\r\n$64\r\n"), SCAN_MORE);
    assert_int_equal(scan_text("*1\r\n$65\r\n"), SCAN_BAD);
    assert_int_equal(scan_text("*1\r\n$9223372036854775807\r\n"), SCAN_BAD);
    const struct request_limits exact = {.max_args = 1, .max_bulk_len = 100, .max_total_len = 14};
    struct request_scanner s = {.position = 0};
    struct request_args args = {.cap = 0};
    struct request out;
    assert_int_equal(request_scan(&s, slice_text("*1\r\n$4\r\nPING\r\n"), &exact, &args, &out),
                     SCAN_DONE);
    assert_int_equal(request_scan(&s, slice_text("*1\r\n$5\r\n"), &exact, &args, &out), SCAN_BAD);
    request_args_fini(&args);
}

/* The array grows to what arrived, never to what was announced. */
static void test_more_arguments_than_the_first_array_holds(void **state)
{
    (void)state;
    enum { NUM = 1000 };
    const struct request_limits wide = {
        .max_args = NUM, .max_bulk_len = 8, .max_total_len = NUM * 16};
    struct slice items[NUM];
    uint8_t memory[NUM * 16];
    struct writer w = writer_over(memory, sizeof memory);
    for (size_t i = 0; i < NUM; i++) {
        items[i] = slice_of("abcdefgh", i % 9);
    }
    resp_write_request(&w, items, NUM);
    struct slice text;
    assert_true(writer_done(&w, &text));
    struct request_scanner s = {.position = 0};
    struct request_args args = {.cap = 0};
    struct request out;
    assert_int_equal(request_scan(&s, text, &wide, &args, &out), SCAN_DONE);
    assert_int_equal(out.num_args, NUM);
    for (size_t i = 0; i < NUM; i++) {
        assert_true(slice_equal(out.args[i], items[i]));
    }
    request_args_fini(&args);
}

/* One array serves two sessions whose requests arrive in turns. */
static void test_sessions_share_the_array_of_arguments(void **state)
{
    (void)state;
    static const char a[] = "*2\r\n$1\r\na\r\n$1\r\nb\r\n";
    static const char b[] = "*2\r\n$1\r\nx\r\n$1\r\ny\r\n";
    struct request_scanner first = {.position = 0};
    struct request_scanner second = {.position = 0};
    struct request_args args = {.cap = 0};
    struct request out;
    assert_int_equal(request_scan(&first, slice_of(a, 12), &limits, &args, &out), SCAN_MORE);
    assert_int_equal(request_scan(&second, slice_of(b, 18), &limits, &args, &out), SCAN_DONE);
    assert_int_equal(request_scan(&first, slice_of(a, 18), &limits, &args, &out), SCAN_DONE);
    assert_true(slice_equal(out.args[0], slice_text("a")));
    assert_true(slice_equal(out.args[1], slice_text("b")));
    request_args_fini(&args);
}

static void test_shortage_of_memory_ends_the_connection_not_the_process(void **state)
{
    (void)state;
    struct request_scanner s = {.position = 0};
    struct request_args args = {.cap = 0};
    struct request out;
    failing_malloc_arm(0);
    enum scan_status status =
        request_scan(&s, slice_text("*1\r\n$4\r\nPING\r\n"), &limits, &args, &out);
    assert_true(failing_malloc_disarm());
    assert_int_equal(status, SCAN_BAD);
    assert_string_equal(out.error, "out of memory");
    request_args_fini(&args);
}

static void test_login_words_its_errors_as_redis_does(void **state)
{
    (void)state;
    const struct request_limits login = {.max_args = REQUEST_LOGIN_ARGS_CAP,
                                         .max_bulk_len = REQUEST_LOGIN_BULK_LEN_CAP,
                                         .max_total_len = REQUEST_LOGIN_TOTAL_LEN_CAP,
                                         .is_login = true};
    struct request_scanner s = {.position = 0};
    struct request_args args = {.cap = 0};
    struct request out;
    assert_int_equal(request_scan(&s, slice_text("*11\r\n"), &login, &args, &out), SCAN_BAD);
    assert_string_equal(out.error, "unauthenticated multibulk length");
    assert_int_equal(request_scan(&s, slice_text("*1\r\n$16385\r\n"), &login, &args, &out),
                     SCAN_BAD);
    assert_string_equal(out.error, "unauthenticated bulk length");
    request_args_fini(&args);
}

static void test_integers_have_one_form(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(resp_parse_integer(slice_text("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(resp_parse_integer(slice_text("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(resp_parse_integer(slice_text("0"), &value));
    assert_int_equal(value, 0);
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "-0",
                                      "-01",
                                      "1e1",
                                      "0x1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(resp_parse_integer(slice_text(bad[i]), &value));
    }
    assert_false(resp_parse_integer(slice_of("1\0", 2), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_a_request_and_its_arguments),
        cmocka_unit_test(test_every_split_gives_the_same_request),
        cmocka_unit_test(test_every_prefix_is_more),
        cmocka_unit_test(test_refuses_every_second_way_to_write_a_frame),
        cmocka_unit_test(test_frames_without_an_answer_have_no_arguments),
        cmocka_unit_test(test_counts_and_lengths_end_at_their_caps),
        cmocka_unit_test(test_more_arguments_than_the_first_array_holds),
        cmocka_unit_test(test_sessions_share_the_array_of_arguments),
        cmocka_unit_test(test_shortage_of_memory_ends_the_connection_not_the_process),
        cmocka_unit_test(test_login_words_its_errors_as_redis_does),
        cmocka_unit_test(test_integers_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
