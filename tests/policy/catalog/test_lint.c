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

/* Whether something is said of the server, and of which version to upgrade to. */
static void test_server_version(void **state)
{
    static const struct {
        uint32_t version;
        const char *said; /* NULL: nothing */
    } rows[] = {
        {130022, "PostgreSQL 13.22 gets no fixes any more"},
        {140018, "PostgreSQL 14.18 lacks fixes of row security (CVE-2024-10976, CVE-2025-8713); "
                 "upgrade it to 14.19"},
        {140019, NULL},
        {150008, "PostgreSQL 15.8 lacks fixes"},
        {150013, "PostgreSQL 15.13 lacks fixes"},
        {150014, NULL},
        {160009, "PostgreSQL 16.9 lacks fixes"},
        {160010, NULL},
        {170005, "PostgreSQL 17.5 lacks fixes"},
        {170006, NULL},
        {180000, NULL},
    };
    (void)state;
    struct catalog *c = sample_catalog();
    struct declared d;
    declare(&d, "tenant_id", "public.countries", "public.slugify");
    struct catalog_problems sound = catalog_lint(c, &d.row);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c->server_version_num = rows[i].version;
        struct catalog_problems problems = catalog_lint(c, &d.row);
        assert_int_equal(problems.num_items, sound.num_items + (rows[i].said != NULL ? 1 : 0));
        catalog_problems_fini(&problems);
        if (rows[i].said != NULL) {
            assert_lint(c, &d, 0, rows[i].said);
        }
    }
    catalog_problems_fini(&sound);
    catalog_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_privileged_role),
        cmocka_unit_test(test_server_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
