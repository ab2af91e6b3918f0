/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of LIKE patterns, through the whole pipeline: the planner must never know a value
 * that can raise. tests/integration/test_sql_oracles.py asks a real server. */
#include "policy/sql/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/corpus_catalog.h"

#define QUERY "SELECT id FROM customers WHERE name "

static struct catalog *catalog;

static int set_up(void **state)
{
    (void)state;
    catalog = corpus_catalog_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    catalog_free(&catalog);
    return 0;
}

static struct sql_plan *plan_of(const char *text)
{
    const struct sql_environment env = {.catalog = catalog, .row = corpus_row(), .max_bytes = 1000};
    const struct sql_request request = {.text = slice_text(text), .protocol = SQL_EXTENDED};
    return sql_plan_new(&env, &request);
}

static void test_what_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *sent; /* the end of it */
    } cases[] = {
        {QUERY "LIKE 'a%'", " name LIKE 'a%'::pg_catalog.text"},
        {QUERY "LIKE 'a\\\\'", " name LIKE E'a\\\\\\\\'::pg_catalog.text"},
        {QUERY "NOT ILIKE 'a%'::text", " name NOT ILIKE 'a%'::pg_catalog.text"},
        {QUERY "LIKE $1", " name LIKE $1::pg_catalog.text"},
        {QUERY "LIKE $1 || '%'", " name LIKE (SELECT $1 || '%')"},
        {QUERY "LIKE 'a!' ESCAPE '!'", " name LIKE (SELECT pg_catalog.like_escape('a!', '!'))"},
        {QUERY "LIKE tenant_id", " name LIKE (SELECT tenant_id)"},
        {QUERY "LIKE 'a%' COLLATE \"C\"", " name LIKE 'a%'::pg_catalog.text COLLATE \"C\""},
        {QUERY "LIKE ANY (ARRAY['a', $1])",
         " name LIKE ANY(ARRAY['a'::pg_catalog.text, $1::pg_catalog.text])"},
        {QUERY "LIKE ALL ($1)",
         " name LIKE ALL((SELECT $1::pg_catalog.text[])::pg_catalog.text[])"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sql_plan *plan = plan_of(cases[i].text);
        assert_int_equal(sql_plan_verdict(plan), SQL_FORWARD);
        uint8_t text[1000] = {0};
        struct writer w = writer_over(text, sizeof text);
        sql_plan_write_text(plan, slice_text("acme"), &w);
        const char *found = strstr((const char *)text, cases[i].sent);
        if (found == NULL || strcmp(found, cases[i].sent) != 0) {
            fail_msg("%s", (const char *)text);
        }
        sql_plan_unref(&plan);
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *sqlstate;
    } cases[] = {
        {QUERY "LIKE 'a\\'", "22025"},
        {QUERY "NOT ILIKE E'a\\x5c'::text", "22025"},
        {QUERY "OPERATOR(pg_catalog.~~) 'a\\'", "22025"},
        {QUERY "LIKE ANY (ARRAY['a', 'b\\'])", "22025"},
        {QUERY "LIKE ANY (SELECT 'a')", "0A000"},
        {QUERY "LIKE 'a%'::other.text", "42501"},
        {"SELECT 'a' LIKE count(*)::text FROM customers", "0A000"},
        {"SELECT 'a' LIKE max(name) OVER () FROM customers", "0A000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sql_plan *plan = plan_of(cases[i].text);
        assert_int_equal(sql_plan_verdict(plan), SQL_REFUSE);
        assert_string_equal(sql_plan_refusal(plan)->sqlstate, cases[i].sqlstate);
        sql_plan_unref(&plan);
    }
}

static const struct sql_refusal *bind(const struct sql_plan *plan, const char *value)
{
    bool is_null = value == NULL;
    return sql_plan_check_bind(plan, 0, 0, is_null, slice_text(is_null ? "" : value),
                               slice_text("acme"));
}

static void test_what_is_bound(void **state)
{
    (void)state;
    struct sql_plan *plan = plan_of(QUERY "LIKE $1");
    assert_null(bind(plan, "a%"));
    assert_null(bind(plan, "a\\\\"));
    assert_null(bind(plan, NULL));
    assert_non_null(bind(plan, "a\\"));
    assert_string_equal(bind(plan, "a\\")->sqlstate, "22025");
    sql_plan_unref(&plan);
    plan = plan_of("SELECT id FROM customers WHERE name = $1");
    assert_null(bind(plan, "a\\"));
    sql_plan_unref(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_what_is_bound),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
