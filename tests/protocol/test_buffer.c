/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/buffer.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/failing_malloc.h"

static void test_bytes_leave_in_order_and_only_when_framed(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 100);
    assert_true(buffer_append(&b, slice_text("hello world")));
    assert_int_equal(buffer_framed(&b).len, 0);
    buffer_frame(&b, 6);
    assert_true(slice_equal(buffer_framed(&b), slice_text("hello ")));
    assert_true(slice_equal(buffer_unframed(&b), slice_text("world")));
    buffer_take(&b, 2);
    assert_true(slice_equal(buffer_framed(&b), slice_text("llo ")));
    assert_int_equal(buffer_len(&b), 9);
    buffer_take(&b, 4);
    buffer_frame(&b, 5);
    assert_true(slice_equal(buffer_framed(&b), slice_text("world")));
    buffer_fini(&b);
}

static void test_an_empty_buffer_owns_no_memory(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 100);
    assert_null(b.memory);
    assert_true(buffer_append(&b, slice_text("x")));
    assert_non_null(b.memory);
    buffer_frame(&b, 1);
    buffer_take(&b, 1);
    assert_null(b.memory);
    assert_non_null(buffer_reserve(&b, 10));
    buffer_commit(&b, 0);
    assert_null(b.memory);
    assert_true(buffer_append(&b, slice_of(NULL, 0)));
    assert_null(b.memory);
    buffer_fini(&b);
    struct buffer zeroed = {0};
    buffer_fini(&zeroed);
}

static void test_the_cap_is_exact(void **state)
{
    (void)state;
    static const size_t caps[] = {1, 2, 1023, 1024, 1025, 5000};
    static uint8_t bytes[5001];
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        struct buffer b;
        buffer_init(&b, caps[i]);
        assert_false(buffer_append(&b, slice_of(bytes, caps[i] + 1)));
        assert_true(buffer_append(&b, slice_of(bytes, caps[i])));
        assert_false(buffer_append(&b, slice_of(bytes, 1)));
        assert_null(buffer_reserve(&b, SIZE_MAX));
        assert_int_equal(buffer_len(&b), caps[i]);
        buffer_frame(&b, 1);
        if (caps[i] > 1) {
            buffer_take(&b, 1); /* what left makes room again */
            assert_true(buffer_append(&b, slice_of(bytes, 1)));
            assert_false(buffer_append(&b, slice_of(bytes, 1)));
        }
        buffer_fini(&b);
    }
    struct buffer none;
    buffer_init(&none, 0);
    assert_null(buffer_reserve(&none, 1));
    assert_null(buffer_reserve(&none, SIZE_MAX));
    buffer_fini(&none);
}

static void test_huge_caps_do_not_wrap(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, SIZE_MAX);
    assert_true(buffer_append(&b, slice_text("x")));
    assert_null(buffer_reserve(&b, SIZE_MAX));
    assert_true(buffer_append(&b, slice_text("y")));
    assert_true(slice_equal(buffer_unframed(&b), slice_text("xy")));
    buffer_fini(&b);
}

/* A queue of counted bytes must come out as it went in, whatever sizes come and go. */
static void test_against_a_counter(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 3000);
    uint32_t random = 12345;
    uint8_t in = 0;
    uint8_t out = 0;
    for (int step = 0; step < 20000; step++) {
        random = random * 1664525 + 1013904223;
        size_t len = (random >> 16) % 700;
        if ((random >> 8) % 2 == 0) {
            bool fits = len <= 3000 - buffer_len(&b);
            uint8_t *room = buffer_reserve(&b, len);
            assert_int_equal(room != NULL, fits && (len > 0 || buffer_len(&b) < 3000));
            for (size_t i = 0; room != NULL && i < len; i++) {
                room[i] = in++;
            }
            if (room != NULL) {
                buffer_commit(&b, len);
            }
            continue;
        }
        struct slice unframed = buffer_unframed(&b);
        buffer_frame(&b, len < unframed.len ? len : unframed.len);
        struct slice framed = buffer_framed(&b);
        size_t taken = framed.len / 2 + framed.len % 2;
        for (size_t i = 0; i < taken; i++) {
            assert_int_equal(framed.ptr[i], out++);
        }
        buffer_take(&b, taken);
    }
    buffer_fini(&b);
}

static void test_shortage_loses_nothing(void **state)
{
    (void)state;
    static uint8_t bytes[4000];
    memset(bytes, 'z', sizeof bytes);
    for (unsigned successes = 0; successes < 3; successes++) {
        struct buffer b;
        buffer_init(&b, 10000);
        failing_malloc_arm(successes);
        bool first = buffer_append(&b, slice_text("abc"));
        bool second = buffer_append(&b, slice_of(bytes, sizeof bytes));
        assert_int_equal(failing_malloc_disarm(), successes < 2);
        assert_int_equal(buffer_len(&b), (first ? 3 : 0) + (second ? sizeof bytes : 0));
        assert_int_equal(first + second, successes < 2 ? 1 : 2);
        buffer_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_leave_in_order_and_only_when_framed),
        cmocka_unit_test(test_an_empty_buffer_owns_no_memory),
        cmocka_unit_test(test_the_cap_is_exact),
        cmocka_unit_test(test_huge_caps_do_not_wrap),
        cmocka_unit_test(test_against_a_counter),
        cmocka_unit_test(test_shortage_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
