/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/deadline.h"

#include <stdlib.h>

#include "proxy/net/owner.h"
#include "tests/cmocka_all.h"

#define NUM_TIMERS 300

struct timer {
    int64_t fired_at;
    struct deadline deadline;
};

static int64_t clock_us;
static unsigned num_fired;

/* The same numbers in every run. */
static uint32_t next_random(void)
{
    static uint32_t seed = 7;
    seed = seed * 1103515245U + 12345U;
    return seed >> 16;
}

static void note(struct deadline *d)
{
    assert_false(deadline_armed(d));
    owner_of(d, struct timer, deadline)->fired_at = clock_us;
    num_fired++;
}

static void test_fires_in_order_of_time(void **state)
{
    (void)state;
    static struct timer timers[NUM_TIMERS];
    struct deadline_heap heap = {0};
    num_fired = 0;

    for (size_t i = 0; i < NUM_TIMERS; i++) {
        timers[i].fired_at = -1;
        deadline_init(&timers[i].deadline, note);
        deadline_heap_arm(&heap, &timers[i].deadline, (int64_t)(1 + next_random() % 500));
    }
    for (size_t i = 0; i < NUM_TIMERS; i += 3) { /* moved, both ways, and some taken back */
        deadline_heap_arm(&heap, &timers[i].deadline, (int64_t)(1 + next_random() % 500));
        deadline_disarm(&timers[i + 1].deadline);
        deadline_disarm(&timers[i + 1].deadline);
    }
    int64_t times[NUM_TIMERS];
    for (size_t i = 0; i < NUM_TIMERS; i++) {
        times[i] = deadline_armed(&timers[i].deadline) ? timers[i].deadline.at_us : -1;
    }
    while (deadline_heap_next(&heap) != INT64_MAX) {
        assert_true(deadline_heap_next(&heap) > clock_us);
        clock_us = deadline_heap_next(&heap);
        assert_true(deadline_heap_run(&heap, clock_us) > 0);
    }
    assert_int_equal(num_fired, NUM_TIMERS / 3 * 2);
    for (size_t i = 0; i < NUM_TIMERS; i++) {
        assert_int_equal(timers[i].fired_at, times[i]);
    }
    deadline_heap_fini(&heap);
}

static struct deadline_heap *again_heap;

static void arm_again(struct deadline *d)
{
    num_fired++;
    deadline_heap_arm(again_heap, d, 0);
}

static void test_one_that_arms_itself_for_the_past_does_not_hold_the_turn(void **state)
{
    (void)state;
    struct deadline_heap heap = {0};
    struct deadline d;
    deadline_init(&d, arm_again);
    again_heap = &heap;
    deadline_heap_arm(&heap, &d, 1);
    assert_int_equal(deadline_heap_run(&heap, 5), 1);
    assert_true(deadline_armed(&d));
    deadline_heap_fini(&heap);
    assert_false(deadline_armed(&d));
}

static void test_zeroed_and_not_due(void **state)
{
    (void)state;
    struct deadline_heap heap = {0};
    struct deadline d = {0};
    deadline_disarm(&d);
    assert_int_equal(deadline_heap_run(&heap, 5), 0);
    deadline_init(&d, note);
    deadline_heap_arm(&heap, &d, 6);
    assert_int_equal(deadline_heap_run(&heap, 5), 0);
    deadline_disarm(&d);
    assert_true(deadline_heap_next(&heap) == INT64_MAX);
    deadline_heap_fini(&heap);
    deadline_heap_fini(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fires_in_order_of_time),
        cmocka_unit_test(test_one_that_arms_itself_for_the_past_does_not_hold_the_turn),
        cmocka_unit_test(test_zeroed_and_not_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
