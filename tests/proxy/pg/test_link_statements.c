/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/link_statements.h"

#include "proxy/pg/statement_map.h"
#include "tests/cmocka_all.h"
#include "tests/proxy/pg/plans.h"

static struct statement *statement_with(struct sql_plan *plan, uint64_t settings_tag)
{
    const struct statement_spec spec = {.plan = plan, .settings_tag = settings_tag};
    return statement_new(&spec);
}

static void test_same_plan_and_settings_is_the_same_statement(void **state)
{
    (void)state;
    struct link_statements map = {.last_number = 0};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    struct statement *a = statement_with(plan, 1);
    struct statement *again = statement_with(plan, 1);
    struct statement *other = statement_with(plan, 2);
    assert_null(link_statements_find(&map, a));
    struct link_statement *added = link_statements_add(&map, a);
    assert_int_equal(added->number, 1);
    assert_ptr_equal(link_statements_find(&map, again), added);
    assert_null(link_statements_find(&map, other));
    assert_ptr_equal(link_statements_at(&map, 1), added);
    link_statements_remove(&map, added);
    assert_null(link_statements_at(&map, 1));
    assert_int_equal(link_statements_add(&map, a)->number, 2); /* no number twice */
    link_statements_clear(&map);
    assert_int_equal(link_statements_count(&map), 0);
    statement_unref(&a);
    statement_unref(&again);
    statement_unref(&other);
    sql_plan_unref(&plan);
}

static void test_the_one_used_longest_ago_makes_room(void **state)
{
    (void)state;
    struct link_statements map = {.last_number = 0};
    struct sql_plan *plan = plan_of_text("SELECT 1");
    struct statement *statements[LINK_STATEMENTS];
    for (size_t i = 0; i < LINK_STATEMENTS; i++) {
        statements[i] = statement_with(plan, i);
        assert_int_equal(link_statements_evict(&map), LINK_STATEMENT_NOBODY);
        (void)link_statements_add(&map, statements[i]);
    }
    assert_non_null(link_statements_find(&map, statements[0])); /* now the newest */
    assert_int_equal(link_statements_evict(&map), 2);
    assert_null(link_statements_find(&map, statements[1]));
    assert_non_null(link_statements_find(&map, statements[0]));
    link_statements_clear(&map);
    for (size_t i = 0; i < LINK_STATEMENTS; i++) {
        statement_unref(&statements[i]);
    }
    sql_plan_unref(&plan);
}

static void test_names_on_the_server(void **state)
{
    (void)state;
    char name[LINK_STATEMENT_NAME];
    size_t len = link_statement_name(UINT64_MAX, name);
    assert_int_equal(len, 23);
    assert_string_equal(name, "rf_18446744073709551615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_plan_and_settings_is_the_same_statement),
        cmocka_unit_test(test_the_one_used_longest_ago_makes_room),
        cmocka_unit_test(test_names_on_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
