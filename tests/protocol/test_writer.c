/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/writer.h"

#include "tests/cmocka_all.h"

static void test_back_patches_the_frame_length(void **state)
{
    (void)state;
    uint8_t memory[32];
    struct writer w = writer_over(memory, sizeof memory);
    writer_u8(&w, 'Q');
    size_t mark = writer_open_frame(&w);
    writer_cstring(&w, slice_text("hi"));
    writer_u16(&w, 0x0102);
    writer_close_frame(&w, mark);
    struct slice out;
    assert_true(writer_done(&w, &out));
    assert_true(slice_equal(out, slice_of("Q\0\0\0\x09hi\0\x01\x02", 10)));
}

static void test_every_shorter_memory_fails_and_writes_nothing_past_it(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 8; cap++) {
        uint8_t memory[9];
        memory[cap] = 0xAA;
        struct writer w = writer_over(memory, cap);
        size_t mark = writer_open_frame(&w);
        writer_bytes(&w, slice_text("abcd"));
        writer_close_frame(&w, mark);
        struct slice out;
        assert_false(writer_done(&w, &out));
        assert_int_equal(out.len, 0);
        assert_int_equal(memory[cap], 0xAA);
    }
}

static void test_cstring_refuses_a_nul_inside(void **state)
{
    (void)state;
    uint8_t memory[16];
    struct writer w = writer_over(memory, sizeof memory);
    writer_cstring(&w, slice_of("a\0b", 3));
    struct slice out;
    assert_false(writer_done(&w, &out));
}

static void test_measuring_counts_what_writing_needs(void **state)
{
    (void)state;
    uint8_t memory[32];
    struct writer writers[2] = {writer_measuring(), writer_over(memory, sizeof memory)};
    for (size_t i = 0; i < 2; i++) {
        size_t mark = writer_open_frame(&writers[i]);
        writer_cstring(&writers[i], slice_text("abc"));
        writer_u16(&writers[i], 7);
        writer_close_frame(&writers[i], mark);
    }
    struct slice out;
    assert_int_equal(writer_len(&writers[0]), writer_len(&writers[1]));
    assert_true(writer_done(&writers[0], &out));
    assert_int_equal(out.len, 0);
    writer_bytes(&writers[0], slice_of(NULL, SIZE_MAX));
    assert_false(writer_done(&writers[0], &out));
    writer_fail(&writers[1]);
    assert_false(writer_done(&writers[1], &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back_patches_the_frame_length),
        cmocka_unit_test(test_every_shorter_memory_fails_and_writes_nothing_past_it),
        cmocka_unit_test(test_cstring_refuses_a_nul_inside),
        cmocka_unit_test(test_measuring_counts_what_writing_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
