/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/statement_map.h"

#include <stdio.h>

#include "tests/cmocka_all.h"
#include "tests/proxy/pg/plans.h"

static const struct siphash_key key = {.k0 = 1, .k1 = 2};

static struct statement_account account = {.session_max = (size_t)4 << 20,
                                           .worker_max = (size_t)6 << 20};

static struct statement *new_statement(struct sql_plan *plan)
{
    const struct statement_spec spec = {
        .plan = plan, .settings_tag = 7, .types = slice_of("\0\0\0\x17", 4)};
    return statement_new(&spec);
}

static void test_names_lead_to_statements(void **state)
{
    (void)state;
    struct statement_map map = {.account = &account};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    struct statement *a = new_statement(plan);
    struct statement *b = new_statement(plan);
    assert_null(statement_map_find(&map, &key, slice_text("a")));
    assert_int_equal(statement_map_add(&map, &key, slice_text("a"), a), STATEMENT_OK);
    assert_int_equal(statement_map_add(&map, &key, slice_text("a"), b), STATEMENT_EXISTS);
    assert_int_equal(statement_map_add(&map, &key, slice_of("a\0b", 3), b), STATEMENT_OK);
    assert_ptr_equal(statement_map_find(&map, &key, slice_text("a")), a);
    assert_ptr_equal(statement_map_find(&map, &key, slice_of("a\0b", 3)), b);
    statement_map_remove(&map, a);
    statement_map_remove(&map, a);
    assert_null(statement_map_find(&map, &key, slice_text("a")));
    statement_unref(&a);
    statement_unref(&b);
    assert_non_null(statement_map_find(&map, &key, slice_of("a\0b", 3)));
    statement_map_clear(&map);
    sql_plan_unref(&plan);
}

static void test_a_closed_name_can_come_back(void **state)
{
    (void)state;
    struct statement_map map = {.account = &account};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    struct statement *a = new_statement(plan);
    struct statement *b = new_statement(plan);
    assert_int_equal(statement_map_add(&map, &key, slice_text("a"), a), STATEMENT_OK);
    struct statement_slot *slot = statement_map_take(&map, &key, slice_text("a"));
    assert_non_null(slot);
    assert_null(statement_map_take(&map, &key, slice_text("a")));
    statement_map_put_back(&map, &key, &slot);
    assert_null(slot);
    assert_ptr_equal(statement_map_find(&map, &key, slice_text("a")), a);
    slot = statement_map_take(&map, &key, slice_text("a"));
    assert_int_equal(statement_map_add(&map, &key, slice_text("a"), b), STATEMENT_OK);
    statement_map_put_back(&map, &key, &slot); /* the newer one stays */
    assert_ptr_equal(statement_map_find(&map, &key, slice_text("a")), b);
    statement_unref(&a);
    statement_unref(&b);
    statement_map_clear(&map);
    sql_plan_unref(&plan);
}

static void test_all_names_can_come_back(void **state)
{
    (void)state;
    struct statement_map map = {.account = &account};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    struct statement *a = new_statement(plan);
    struct statement *b = new_statement(plan);
    struct statement *newer = new_statement(plan);
    assert_null(statement_map_take_all(&map));
    assert_int_equal(statement_map_add(&map, &key, slice_text("a"), a), STATEMENT_OK);
    assert_int_equal(statement_map_add(&map, &key, slice_text("b"), b), STATEMENT_OK);
    struct statement_slot *all = statement_map_take_all(&map);
    assert_null(statement_map_find(&map, &key, slice_text("a")));
    assert_int_equal(statement_map_add(&map, &key, slice_text("b"), newer), STATEMENT_OK);
    statement_map_put_back(&map, &key, &all);
    assert_null(all);
    assert_ptr_equal(statement_map_find(&map, &key, slice_text("a")), a);
    assert_ptr_equal(statement_map_find(&map, &key, slice_text("b")), newer);
    all = statement_map_take_all(&map);
    statement_slot_free(&all);
    assert_int_equal(map.bytes, 0);
    statement_unref(&a);
    statement_unref(&b);
    statement_unref(&newer);
    sql_plan_unref(&plan);
}

static void test_one_session_cannot_keep_any_number(void **state)
{
    (void)state;
    struct statement_map map = {.account = &account};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    char name[16];
    for (size_t i = 0; i <= STATEMENTS_PER_SESSION; i++) {
        struct statement *s = new_statement(plan);
        int len = snprintf(name, sizeof name, "s%zu", i);
        enum statement_status status =
            statement_map_add(&map, &key, slice_of(name, (size_t)len), s);
        assert_int_equal(status, i < STATEMENTS_PER_SESSION ? STATEMENT_OK : STATEMENT_TOO_MANY);
        statement_unref(&s);
    }
    statement_map_clear(&map);
    sql_plan_unref(&plan);
}

/* Adds statements with as many types as a message can have until no more fit. */
static size_t fill(struct statement_map *map, struct sql_plan *plan)
{
    static uint8_t types[(size_t)UINT16_MAX * 4];
    const struct statement_spec spec = {.plan = plan, .types = slice_of(types, sizeof types)};
    size_t num_added = 0;
    enum statement_status status = STATEMENT_OK;
    while (status == STATEMENT_OK && num_added < STATEMENTS_PER_SESSION) {
        char name[16];
        int len = snprintf(name, sizeof name, "s%zu", num_added);
        struct statement *s = statement_new(&spec);
        status = statement_map_add(map, &key, slice_of(name, (size_t)len), s);
        statement_unref(&s);
        num_added += status == STATEMENT_OK;
    }
    assert_int_equal(status, STATEMENT_TOO_MANY);
    return num_added;
}

static void test_names_and_types_have_a_budget(void **state)
{
    (void)state;
    struct statement_map map = {.account = &account};
    struct statement_map other = {.account = &account};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    size_t num_added = fill(&map, plan);
    assert_true(num_added > 0 && account.bytes <= account.session_max);
    size_t num_others = fill(&other, plan);
    assert_true(num_others < num_added); /* both may hold less than twice what one may */
    assert_true(account.bytes <= account.worker_max);
    assert_int_equal(account.count, num_added + num_others);
    statement_map_clear(&other);
    statement_map_clear(&map);
    assert_int_equal(account.bytes + account.count, 0);
    sql_plan_unref(&plan);
}

static void test_names_have_a_longest_length(void **state)
{
    (void)state;
    struct statement_map map = {.account = &account};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    struct statement *s = new_statement(plan);
    static uint8_t long_name[STATEMENT_NAME_MAX + 1];
    assert_int_equal(statement_map_add(&map, &key, slice_of(long_name, sizeof long_name), s),
                     STATEMENT_TOO_MANY);
    statement_unref(&s);
    sql_plan_unref(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_lead_to_statements),
        cmocka_unit_test(test_a_closed_name_can_come_back),
        cmocka_unit_test(test_all_names_can_come_back),
        cmocka_unit_test(test_one_session_cannot_keep_any_number),
        cmocka_unit_test(test_names_and_types_have_a_budget),
        cmocka_unit_test(test_names_have_a_longest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
