/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/redis/write.h"

#include "tests/cmocka_all.h"

static void assert_written(const struct writer *w, const char *expected)
{
    struct slice out;
    assert_true(writer_done(w, &out));
    assert_int_equal(out.len, slice_text(expected).len);
    assert_memory_equal(out.ptr, expected, out.len);
}

static void test_writes_each_type(void **state)
{
    (void)state;
    uint8_t memory[256];
    struct writer w = writer_over(memory, sizeof memory);
    resp_write_simple(&w, slice_text("OK"));
    resp_write_error(&w, slice_text("ERR a\r\nb"));
    resp_write_integer(&w, INT64_MIN);
    resp_write_integer(&w, 0);
    resp_write_bulk(&w, slice_text("a\r\nb"));
    resp_write_bulk(&w, slice_text(""));
    resp_write_array(&w, 10);
    assert_written(&w, "+OK\r\n-ERR a  b\r\n:-9223372036854775808\r\n:0\r\n$4\r\na\r\nb\r\n$0\r\n"
                       "\r\n*10\r\n");
}

static void test_versions_differ_in_maps_sets_and_null(void **state)
{
    (void)state;
    uint8_t memory[64];
    struct writer w = writer_over(memory, sizeof memory);
    resp_write_map(&w, 7, RESP_2);
    resp_write_set(&w, 7, RESP_2);
    resp_write_null(&w, RESP_2);
    resp_write_map(&w, 7, RESP_3);
    resp_write_set(&w, 7, RESP_3);
    resp_write_null(&w, RESP_3);
    assert_written(&w, "*14\r\n*7\r\n$-1\r\n%7\r\n~7\r\n_\r\n");
}

static void test_writes_a_request(void **state)
{
    (void)state;
    uint8_t memory[64];
    struct writer w = writer_over(memory, sizeof memory);
    const struct slice args[] = {slice_text("GET"), slice_text("k")};
    resp_write_request(&w, args, 2);
    assert_written(&w, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_each_type),
        cmocka_unit_test(test_versions_differ_in_maps_sets_and_null),
        cmocka_unit_test(test_writes_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
