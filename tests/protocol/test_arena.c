/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/arena.h"

#include <stdalign.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/failing_malloc.h"

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64, 1 << 20);
    for (int round = 0; round < 3; round++) {
        uint8_t *pieces[100];
        for (size_t i = 0; i < 100; i++) {
            pieces[i] = arena_new(&a, i); /* larger than a chunk, too */
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
            assert_true(is_zero(pieces[i], i));
            memset(pieces[i], (int)i, i);
        }
        for (size_t i = 0; i < 100; i++) {
            for (size_t j = 0; j < i; j++) {
                assert_int_equal(pieces[i][j], i);
            }
        }
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void test_overflow_is_sticky_until_the_reset(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 32, 128);
    assert_non_null(arena_new(&a, 128));
    assert_true(arena_ok(&a));
    assert_null(arena_new(&a, 1));
    assert_false(arena_ok(&a));
    arena_reset(&a);
    assert_true(arena_ok(&a));
    assert_null(arena_new(&a, 129));
    assert_null(arena_new(&a, 1));
    assert_null(arena_copy(&a, slice_text("x")));
    arena_fini(&a);
}

static void test_sizes_that_would_wrap_are_refused(void **state)
{
    (void)state;
    const size_t sizes[][2] = {{SIZE_MAX, 1}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX, SIZE_MAX},
                               {1, SIZE_MAX}, {1, SIZE_MAX - 15},    {1, PTRDIFF_MAX}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct arena a;
        arena_init(&a, 32, 1 << 20);
        assert_null(arena_new_array(&a, sizes[i][0], sizes[i][1]));
        assert_false(arena_ok(&a));
        arena_fini(&a);
    }
}

static void test_copy_ends_with_a_nul(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 32, 1024);
    assert_string_equal(arena_copy(&a, slice_text("hello")), "hello");
    assert_string_equal(arena_copy(&a, slice_of(NULL, 0)), "");
    arena_fini(&a);
    struct arena zeroed = {0};
    arena_fini(&zeroed);
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    unsigned successes = 0;
    for (int was_reached = 1; was_reached; successes++) {
        struct arena a;
        arena_init(&a, 64, 1 << 16);
        failing_malloc_arm(successes);
        for (size_t i = 1; i < 20; i++) {
            (void)arena_new(&a, i * 8);
        }
        was_reached = failing_malloc_disarm();
        assert_int_equal(arena_ok(&a), !was_reached);
        arena_fini(&a);
    }
    assert_true(successes > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_overflow_is_sticky_until_the_reset),
        cmocka_unit_test(test_sizes_that_would_wrap_are_refused),
        cmocka_unit_test(test_copy_ends_with_a_nul),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
