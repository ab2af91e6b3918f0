/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/redis/reply_tracker.h"

#include "tests/cmocka_all.h"

static void test_nobody_is_owed_at_first(void **state)
{
    (void)state;
    struct reply_tracker t = {.ring = NULL};
    assert_null(reply_tracker_front(&t));
    assert_int_equal(reply_tracker_num_owed(&t), 0);
    reply_tracker_fini(&t);
    reply_tracker_fini(NULL);
}

/* Random-looking pushes and pops, wrapping around and growing, keep the order. */
static void test_replies_go_out_in_the_order_of_requests(void **state)
{
    (void)state;
    struct reply_tracker t = {.ring = NULL};
    uint32_t next_in = 0;
    uint32_t next_out = 0;
    for (uint32_t round = 0; round < 2000; round++) {
        for (uint32_t i = 0; i < round % 7; i++) {
            reply_tracker_push(&t, (struct reply_owed){.owner = &t, .rule = next_in});
            next_in++;
        }
        for (uint32_t i = 0; i < round % 6 && reply_tracker_front(&t) != NULL; i++) {
            assert_int_equal(reply_tracker_front(&t)->rule, next_out);
            reply_tracker_pop(&t);
            next_out++;
        }
        assert_int_equal(reply_tracker_num_owed(&t), next_in - next_out);
    }
    reply_tracker_fini(&t);
}

static void test_is_full_at_its_cap(void **state)
{
    (void)state;
    struct reply_tracker t = {.ring = NULL};
    for (size_t i = 0; i < REPLY_TRACKER_CAP; i++) {
        assert_false(reply_tracker_is_full(&t));
        reply_tracker_push(&t, (struct reply_owed){.owner = NULL});
    }
    assert_true(reply_tracker_is_full(&t));
    reply_tracker_pop(&t);
    assert_false(reply_tracker_is_full(&t));
    reply_tracker_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_owed_at_first),
        cmocka_unit_test(test_replies_go_out_in_the_order_of_requests),
        cmocka_unit_test(test_is_full_at_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
