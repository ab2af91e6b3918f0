/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache alone: the four functions of plan.h that it calls are defined here, so the linker
 * leaves the real planner out and a plan is as large as a test says. */
#include "policy/sql/plan_cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"

struct sql_plan {
    unsigned refs;
    size_t size;
    unsigned number;
};

static unsigned num_made;
static unsigned num_alive;
static size_t next_size;

struct sql_plan *sql_plan_new(const struct sql_environment *env, const struct sql_request *request)
{
    (void)env;
    (void)request;
    struct sql_plan *plan = malloc(sizeof *plan);
    assert_non_null(plan);
    *plan = (struct sql_plan){.refs = 1, .size = next_size, .number = ++num_made};
    num_alive++;
    return plan;
}

struct sql_plan *sql_plan_ref(struct sql_plan *plan)
{
    plan->refs++;
    return plan;
}

void sql_plan_unref(struct sql_plan **plan)
{
    if (--(*plan)->refs == 0) {
        free(*plan);
        num_alive--;
    }
    *plan = NULL;
}

size_t sql_plan_memory(const struct sql_plan *plan)
{
    return plan->size;
}

#define BOUND ((size_t)64 << 10)

static const struct siphash_key hash_key = {1, 2};
static const struct sql_environment environment;
static const struct sql_plan_scope scope = {.epoch = 1, .environment = 0};

static int set_up(void **state)
{
    num_made = 0;
    num_alive = 0;
    next_size = 100;
    *state = sql_plan_cache_new(BOUND, &hash_key);
    return 0;
}

static int tear_down(void **state)
{
    struct sql_plan_cache *cache = *state;
    sql_plan_cache_free(&cache);
    return cache != NULL || num_alive != 0;
}

static unsigned ask(struct sql_plan_cache *cache, const struct sql_plan_scope *in,
                    const struct sql_request *request)
{
    struct sql_plan *plan = sql_plan_cache_get(cache, in, &environment, request);
    unsigned number = plan->number;
    sql_plan_unref(&plan);
    return number;
}

static unsigned ask_text(struct sql_plan_cache *cache, const char *text)
{
    struct sql_request request = {.text = slice_text(text)};
    return ask(cache, &scope, &request);
}

static void test_the_same_request_is_planned_once(void **state)
{
    assert_int_equal(ask_text(*state, "SELECT 1"), 1);
    assert_int_equal(ask_text(*state, "SELECT 1"), 1);
    struct sql_plan_cache_stats stats = sql_plan_cache_stats(*state);
    assert_int_equal(stats.hits, 1);
    assert_int_equal(stats.misses, 1);
    assert_int_equal(stats.evictions, 0);
    assert_int_equal(stats.num_plans, 1);
    assert_true(stats.bytes > 100);
}

static void test_every_part_of_the_key_counts(void **state)
{
    static const uint32_t types[] = {25, 23};
    static const uint32_t other_types[] = {25, 20};
    const struct sql_request base = {slice_text("SELECT 1"), SQL_SIMPLE, NULL, 0};
    const struct sql_request others[] = {
        {slice_text("SELECT 1 "), SQL_SIMPLE, NULL, 0},
        {slice_text("select 1"), SQL_SIMPLE, NULL, 0},
        {slice_text("SELECT "), SQL_SIMPLE, NULL, 0},
        {slice_text(""), SQL_SIMPLE, NULL, 0},
        {slice_of("SELECT 1\0", 9), SQL_SIMPLE, NULL, 0},
        {slice_text("SELECT 1"), SQL_EXTENDED, NULL, 0},
        {slice_text("SELECT 1"), SQL_EXTENDED, types, 1},
        {slice_text("SELECT 1"), SQL_EXTENDED, types, 2},
        {slice_text("SELECT 1"), SQL_EXTENDED, other_types, 2},
        {slice_of("\0\0\0\x19SELECT 1", 12), SQL_EXTENDED, NULL, 0}, /* types are not text */
    };
    const struct sql_plan_scope later = {.epoch = 2, .environment = 0};
    const struct sql_plan_scope elsewhere = {.epoch = 1, .environment = 1};
    assert_int_equal(ask(*state, &scope, &base), 1);
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(ask(*state, &scope, &others[i]), 2 + i);
    }
    unsigned made = num_made;
    assert_int_equal(ask(*state, &later, &base), made + 1);
    assert_int_equal(ask(*state, &elsewhere, &base), made + 2);
    assert_int_equal(ask(*state, &scope, &base), 1);
}

static void test_the_oldest_leaves_and_the_bound_holds(void **state)
{
    next_size = BOUND / 16;
    for (int i = 0; i < 100; i++) {
        char text[32];
        snprintf(text, sizeof text, "SELECT %d", i);
        ask_text(*state, text);
        assert_int_equal(ask_text(*state, "SELECT 0"), 1); /* used all the time: stays */
        assert_true(sql_plan_cache_stats(*state).bytes <= BOUND);
    }
    struct sql_plan_cache_stats stats = sql_plan_cache_stats(*state);
    assert_int_equal(num_made, 100);
    assert_int_equal(stats.num_plans + stats.evictions, 100);
    assert_int_equal(num_alive, stats.num_plans);
    assert_int_equal(ask_text(*state, "SELECT 1"), 101); /* long gone */
}

static void test_eviction_leaves_a_plan_in_use_alive(void **state)
{
    struct sql_plan_cache *cache = *state;
    struct sql_request request = {.text = slice_text("SELECT used")};
    struct sql_plan *used = sql_plan_cache_get(cache, &scope, &environment, &request);
    next_size = BOUND / 9;
    for (int i = 0; i < 20; i++) {
        char text[32];
        snprintf(text, sizeof text, "SELECT %d", i);
        ask_text(cache, text);
    }
    assert_int_equal(used->refs, 1); /* ours; the cache let go */
    assert_int_equal(used->number, 1);
    sql_plan_unref(&used);
}

static void test_what_is_too_large_is_planned_and_not_kept(void **state)
{
    next_size = BOUND / 8;
    assert_int_equal(ask_text(*state, "SELECT 1"), 1);
    assert_int_equal(ask_text(*state, "SELECT 1"), 2);
    next_size = 100;
    static char text[BOUND / 8 + 1];
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] = 'x';
    }
    assert_int_equal(ask_text(*state, text), 3);
    assert_int_equal(ask_text(*state, text), 4);
    text[BOUND / 8 - 1024] = '\0'; /* fits, but not into the scratch memory */
    assert_int_equal(ask_text(*state, text), 5);
    assert_int_equal(ask_text(*state, text), 5);
}

static void test_many_small_plans_grow_the_table(void **state)
{
    struct sql_plan_cache *cache = sql_plan_cache_new((size_t)16 << 20, &hash_key);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            char text[32];
            snprintf(text, sizeof text, "SELECT %u", i);
            assert_int_equal(ask_text(cache, text), i + 1);
        }
    }
    assert_int_equal(sql_plan_cache_stats(cache).hits, 5000);
    sql_plan_cache_free(&cache);
    (void)state;
}

static void test_plans_of_other_epochs_can_be_dropped(void **state)
{
    const struct sql_plan_scope later = {.epoch = 2, .environment = 0};
    struct sql_request request = {.text = slice_text("SELECT 1")};
    ask(*state, &scope, &request);
    ask(*state, &later, &request);
    ask_text(*state, "SELECT 2");
    sql_plan_cache_keep_epoch(*state, 2);
    assert_int_equal(sql_plan_cache_stats(*state).num_plans, 1);
    assert_int_equal(num_alive, 1);
    assert_int_equal(ask(*state, &later, &request), 2);
}

static void test_a_bound_of_nothing_keeps_nothing(void **state)
{
    struct sql_plan_cache *cache = sql_plan_cache_new(0, &hash_key);
    assert_int_equal(ask_text(cache, "SELECT 1"), 1);
    assert_int_equal(ask_text(cache, "SELECT 1"), 2);
    sql_plan_cache_free(&cache);
    sql_plan_cache_free(&cache);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_same_request_is_planned_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_part_of_the_key_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_oldest_leaves_and_the_bound_holds, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_eviction_leaves_a_plan_in_use_alive, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_too_large_is_planned_and_not_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_many_small_plans_grow_the_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_plans_of_other_epochs_can_be_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_bound_of_nothing_keeps_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
