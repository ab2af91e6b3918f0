/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/fifo.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/failing_malloc.h"

#define LIMIT (10 * FIFO_BLOCK)

static bool put(struct fifo *f, struct fifo_spares *spares, size_t len, uint8_t *next)
{
    size_t room = 0;
    uint8_t *to = fifo_reserve(f, spares, len, LIMIT, &room);
    if (to == NULL) {
        return false;
    }
    assert_true(room >= len);
    for (size_t i = 0; i < len; i++) {
        to[i] = (*next)++;
    }
    fifo_commit(f, len);
    return true;
}

static void take(struct fifo *f, struct fifo_spares *spares, size_t len, uint8_t *next)
{
    struct slice bytes = fifo_bytes(f);
    assert_true(bytes.len >= len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes.ptr[i], (*next)++);
    }
    fifo_consume(f, spares, len);
}

static void test_keeps_order_through_growth_and_moves(void **state)
{
    (void)state;
    struct fifo f = {0};
    struct fifo_spares spares = {0};
    uint8_t in = 0;
    uint8_t out = 0;
    for (int round = 0; round < 40; round++) {
        assert_true(put(&f, &spares, 5000, &in));
        take(&f, &spares, 3000, &out);
    }
    take(&f, &spares, fifo_bytes(&f).len, &out);
    assert_int_equal(in, out);
    assert_null(f.memory);
    fifo_spares_fini(&spares);
}

static void test_stops_at_the_limit(void **state)
{
    (void)state;
    struct fifo f = {0};
    struct fifo_spares spares = {0};
    uint8_t in = 0;
    size_t room = 0;
    assert_null(fifo_reserve(&f, &spares, LIMIT + 1, LIMIT, &room));
    assert_null(fifo_reserve(&f, &spares, SIZE_MAX, LIMIT, &room));
    assert_true(put(&f, &spares, LIMIT, &in));
    assert_false(put(&f, &spares, 1, &in));
    assert_non_null(fifo_reserve(&f, &spares, 0, LIMIT, &room));
    assert_int_equal(room, 0);
    fifo_clear(&f, &spares);
    assert_int_equal(fifo_bytes(&f).len, 0);
    fifo_spares_fini(&spares);
}

static void test_shortage_is_an_answer_and_loses_nothing(void **state)
{
    (void)state;
    struct fifo f = {0};
    struct fifo_spares spares = {0};
    uint8_t in = 0;
    uint8_t out = 0;
    size_t room = 0;
    failing_malloc_arm(0);
    assert_null(fifo_reserve(&f, &spares, 1, LIMIT, &room));
    assert_true(failing_malloc_disarm());
    assert_true(put(&f, &spares, FIFO_BLOCK, &in));
    failing_malloc_arm(0);
    assert_null(fifo_reserve(&f, &spares, FIFO_BLOCK, LIMIT, &room));
    assert_true(failing_malloc_disarm());
    take(&f, &spares, FIFO_BLOCK, &out);
    fifo_spares_fini(&spares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_order_through_growth_and_moves),
        cmocka_unit_test(test_stops_at_the_limit),
        cmocka_unit_test(test_shortage_is_an_answer_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
