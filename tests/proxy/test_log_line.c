/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/log_line.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"

#define TIME_US INT64_C(1763643845000123) /* 2025-11-20 13:04:05.000123 UTC */
#define JSON_HEAD \
    "{\"time\":\"2025-11-20T13:04:05.000123Z\",\"level\":\"info\",\"event\":\"listening\""
#define TEXT_HEAD "2025-11-20T13:04:05.000123Z info listening"

static size_t encode(const struct log_field *fields, size_t num_fields, uint64_t suppressed,
                     enum log_format format, char *out)
{
    struct log_line line = {.time_us = TIME_US,
                            .level = "info",
                            .event = "listening",
                            .fields = fields,
                            .num_fields = num_fields,
                            .suppressed = suppressed};
    size_t len = log_line_encode(&line, format, out);
    assert_true(len < LOG_LINE_MAX);
    assert_int_equal(out[len - 1], '\n');
    out[len - 1] = '\0';
    assert_null(strchr(out, '\n'));
    return len - 1;
}

static void test_encodes_values(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *json;
        const char *text;
    } cases[] = {
        {"plain", 5, "\"plain\"", "plain"},
        {"", 0, "\"\"", "\"\""},
        {"two words", 9, "\"two words\"", "\"two words\""},
        {"a=b", 3, "\"a=b\"", "\"a=b\""},
        {"q\"b\\", 4, "\"q\\\"b\\\\\"", "\"q\\\"b\\\\\""},
        {"a\nb\r\t", 5, "\"a\\nb\\r\\t\"", "\"a\\nb\\r\\t\""},
        {"\0\x1b\x7f", 3, "\"\\u0000\\u001b\\u007f\"", "\"\\u0000\\u001b\\u007f\""},
        {"\xc3\xa9", 2, "\"\xc3\xa9\"", "\"\xc3\xa9\""},
        {"\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\""},
        {"\xc2\x9b", 2, "\"\\u009b\"", "\"\\u009b\""}, /* C1: starts terminal sequences */
        {"\xff", 1, "\"\\ufffd\"", "\"\\ufffd\""},
        {"\xc3", 1, "\"\\ufffd\"", "\"\\ufffd\""}, /* cut short */
        {"\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"",
         "\"\\ufffd\\ufffd\\ufffd\""},                               /* surrogate */
        {"\xc0\xaf", 2, "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""}, /* overlong */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_field field = log_slice("k", slice_of(cases[i].bytes, cases[i].len));
        char out[LOG_LINE_MAX];
        char want[256];
        encode(&field, 1, 0, LOG_FORMAT_JSON, out);
        snprintf(want, sizeof want, "%s,\"k\":%s}", JSON_HEAD, cases[i].json);
        assert_string_equal(out, want);
        encode(&field, 1, 0, LOG_FORMAT_TEXT, out);
        snprintf(want, sizeof want, "%s k=%s", TEXT_HEAD, cases[i].text);
        assert_string_equal(out, want);
    }
}

static void test_encodes_several_fields_and_what_was_left_out(void **state)
{
    (void)state;
    const struct log_field fields[] = {log_number("session", INT64_MIN), log_text("a", NULL)};
    char out[LOG_LINE_MAX];
    encode(fields, 2, 7, LOG_FORMAT_JSON, out);
    assert_string_equal(out,
                        JSON_HEAD ",\"suppressed\":7,\"session\":-9223372036854775808,\"a\":\"\"}");
    encode(fields, 2, 7, LOG_FORMAT_TEXT, out);
    assert_string_equal(out, TEXT_HEAD " suppressed=7 session=-9223372036854775808 a=\"\"");
}

static void test_caps_a_text_at_a_character(void **state)
{
    (void)state;
    char text[LOG_TEXT_MAX + 50];
    memset(text, 'x', sizeof text);
    char out[LOG_LINE_MAX];
    struct log_field field = log_slice("k", slice_of(text, LOG_TEXT_MAX));
    size_t whole = encode(&field, 1, 0, LOG_FORMAT_JSON, out);
    assert_null(strstr(out, "..."));
    field = log_slice("k", slice_of(text, sizeof text));
    assert_int_equal(encode(&field, 1, 0, LOG_FORMAT_JSON, out), whole + 3);
    assert_string_equal(out + whole - 2, "...\"}");
}

static void test_leaves_out_whole_fields_that_do_not_fit(void **state)
{
    (void)state;
    char control[LOG_TEXT_MAX]; /* six bytes each in the line */
    memset(control, 1, sizeof control);
    const struct log_field fields[] = {
        log_slice("first", slice_of(control, sizeof control)),
        log_slice("second", slice_of(control, sizeof control)),
        log_number("third", 3),
    };
    char out[LOG_LINE_MAX];
    encode(fields, 3, 0, LOG_FORMAT_JSON, out);
    assert_non_null(strstr(out, "\"first\":\""));
    assert_null(strstr(out, "second"));
    assert_non_null(strstr(out, "\",\"third\":3,\"truncated\":1}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodes_values),
        cmocka_unit_test(test_encodes_several_fields_and_what_was_left_out),
        cmocka_unit_test(test_caps_a_text_at_a_character),
        cmocka_unit_test(test_leaves_out_whole_fields_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
