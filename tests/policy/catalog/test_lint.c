/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalog/lint.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/policy/catalog/sample_rows.h"

/* A row section over one shared table, which tests change. */
struct declared {
    char column[32];
    char shared[32];
    char *shared_list[1];
    char function[32];
    char *functions[1];
    struct config_row row;
};

static void declare(struct declared *d, const char *column, const char *shared,
                    const char *function)
{
    memset(d, 0, sizeof *d);
    memcpy(d->column, column, strlen(column));
    memcpy(d->shared, shared, strlen(shared));
    memcpy(d->function, function, strlen(function));
    d->shared_list[0] = d->shared;
    d->functions[0] = d->function;
    d->row = (struct config_row){.is_set = true,
                                 .column = d->column,
                                 .shared = d->shared_list,
                                 .num_shared = 1,
                                 .functions_allow = d->functions,
                                 .num_functions_allow = 1};
}

static void assert_lint(const struct catalog *c, const struct declared *d, size_t num_errors,
                        const char *expected)
{
    struct catalog_problems problems = catalog_lint(c, &d->row);
    bool found = false;
    for (size_t i = 0; i < problems.num_items; i++) {
        found = found || strncmp(problems.items[i].message, expected, strlen(expected)) == 0;
    }
    assert_int_equal(problems.num_errors, num_errors);
    assert_true(found);
    catalog_problems_fini(&problems);
    assert_int_equal(problems.num_items, 0);
}

static void test_shared(void **state)
{
    (void)state;
    struct catalog *c = sample_catalog();
    struct declared d;
    declare(&d, "tenant_id", "public.orders", "public.slugify");
    assert_lint(c, &d, 1, "isolation.row.shared: public.orders has the tenant column tenant_id");
    declare(&d, "tenant_id", "public.nothing", "public.slugify");
    assert_lint(c, &d, 0, "isolation.row.shared: there is no relation public.nothing");
    declare(&d, "tenant_id", "public.open_orders", "public.slugify");
    assert_lint(c, &d, 0, "isolation.row.shared: public.open_orders is a view");
    declare(&d, "tenant_id", "public.base", "public.slugify");
    assert_lint(c, &d, 1, "isolation.row.shared: public.base has child tables");
    declare(&d, "tenant_id", "public.events", "public.slugify"); /* partitions have its columns */
    assert_lint(c, &d, 0, "app.orders: the tenant column tenant_id may be NULL");
    declare(&d, "tenant_id", "public.countries", "public.nothing");
    assert_lint(c, &d, 0, "isolation.row.functions.allow: there is no function public.nothing");
    assert_lint(c, &d, 0, "app.orders: the tenant column tenant_id may be NULL");
    declare(&d, "org_id", "public.countries", "pg_catalog.pg_sleep");
    assert_lint(c, &d, 0, "no table in the managed schemas has the tenant column org_id");
    catalog_free(&c);
}

static void test_privileged_role(void **state)
{
    (void)state;
    struct catalog *c = sample_catalog();
    struct declared d;
    declare(&d, "tenant_id", "public.countries", "public.slugify");
    c->is_superuser = true;
    assert_lint(c, &d, 1, "the upstream's user app_rw is a superuser");
    d.row.unsafe_allow_privileged_role = true;
    assert_lint(c, &d, 0, "the upstream's user app_rw is a superuser");
    c->is_superuser = false;
    c->bypasses_rls = true;
    d.row.unsafe_allow_privileged_role = false;
    assert_lint(c, &d, 1, "the upstream's user app_rw bypasses row security");
    catalog_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_privileged_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
