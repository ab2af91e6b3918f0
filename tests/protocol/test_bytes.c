/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/bytes.h"

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

static void test_reads_in_network_byte_order(void **state)
{
    (void)state;
    struct slice in = guarded_copy("\x01\x02\x03\x04\x05\x06\x07\xff\xff\xff\xfe"
                                   "ab\0"
                                   "xyz",
                                   17);
    struct reader r = reader_over(in);
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16(&r), 0x0203);
    assert_int_equal(reader_u32(&r), 0x04050607);
    assert_int_equal(reader_i32(&r), -2);
    assert_true(slice_equal(reader_cstring(&r), slice_text("ab")));
    assert_int_equal(reader_left(&r), 3);
    assert_true(slice_equal(reader_rest(&r), slice_text("xyz")));
    assert_true(reader_done(&r));
    guarded_free(in);
}

/* Each read on each shorter input is bad, and stays bad however much would still fit. */
static void test_every_truncation_is_bad_and_sticky(void **state)
{
    (void)state;
    for (size_t len = 0; len < 4; len++) {
        struct slice in = guarded_copy("\x7f\x7f\x7f\x7f", len);
        struct reader r = reader_over(in);
        assert_int_equal(reader_u32(&r), 0);
        assert_false(reader_ok(&r));
        assert_int_equal(reader_u8(&r), 0);
        assert_int_equal(reader_left(&r), 0);
        assert_false(reader_done(&r));
        guarded_free(in);
    }
}

static void test_cstring_without_nul_is_bad(void **state)
{
    (void)state;
    struct slice in = guarded_copy("abc", 3);
    struct reader r = reader_over(in);
    assert_int_equal(reader_cstring(&r).len, 0);
    assert_false(reader_ok(&r));
    guarded_free(in);
}

static void test_length_larger_than_what_is_left_does_not_wrap(void **state)
{
    (void)state;
    const size_t lengths[] = {4, SIZE_MAX, SIZE_MAX - 1, (size_t)UINT32_MAX, (size_t)INT32_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct slice in = guarded_copy("abc", 3);
        struct reader r = reader_over(in);
        assert_int_equal(reader_bytes(&r, lengths[i]).len, 0);
        assert_false(reader_ok(&r));
        guarded_free(in);
    }
}

static void test_left_over_bytes_are_not_done(void **state)
{
    (void)state;
    struct reader r = reader_over(slice_text("ab"));
    (void)reader_u8(&r);
    assert_true(reader_ok(&r));
    assert_false(reader_done(&r));
}

static void test_empty_slices_are_equal_whatever_they_point_to(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_of(NULL, 0), slice_text("")));
    assert_false(slice_equal(slice_text("a"), slice_text("b")));
    assert_int_equal(slice_from(slice_text("abc"), 3).len, 0);
}

static void test_parts_know_their_place(void **state)
{
    (void)state;
    struct slice whole = slice_text("abcdef");
    struct slice part = slice_between(whole, 2, 4);
    assert_true(slice_equal(part, slice_text("cd")));
    assert_int_equal(slice_position(whole, part), 2);
    assert_int_equal(slice_between(whole, 6, 6).len, 0);
    assert_int_equal(slice_position(whole, slice_from(whole, 6)), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_in_network_byte_order),
        cmocka_unit_test(test_every_truncation_is_bad_and_sticky),
        cmocka_unit_test(test_cstring_without_nul_is_bad),
        cmocka_unit_test(test_length_larger_than_what_is_left_does_not_wrap),
        cmocka_unit_test(test_left_over_bytes_are_not_done),
        cmocka_unit_test(test_empty_slices_are_equal_whatever_they_point_to),
        cmocka_unit_test(test_parts_know_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
