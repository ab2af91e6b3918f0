/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what the operator declared with what the database has. The declaration decides what a
 * table is; where the database contradicts it in a way that could show one tenant another's rows,
 * that is an error. */
#include "policy/catalog/lint.h"

#include <stdio.h>
#include <string.h>

#include "protocol/check.h"

#define MAJOR    10000u /* server_version_num is major * 10000 + minor */
#define NAME_CAP 64     /* NAMEDATALEN: the loader of the configuration lets nothing longer pass */

/* Cuts "schema.table" in two. False: it is not of that form. */
static bool split(const char *qualified, char schema[NAME_CAP], char name[NAME_CAP])
{
    const char *dot = strchr(qualified, '.');
    if (dot == NULL || dot - qualified >= NAME_CAP || strlen(dot + 1) >= NAME_CAP) {
        return false;
    }
    snprintf(schema, NAME_CAP, "%.*s", (int)(dot - qualified), qualified);
    snprintf(name, NAME_CAP, "%s", dot + 1);
    return true;
}

static void lint_shared(struct catalog_problems *problems, const struct catalog *catalog,
                        const struct config_row *row)
{
    for (size_t i = 0; i < row->num_shared; i++) {
        char schema[NAME_CAP];
        char name[NAME_CAP];
        const struct catalog_relation *r =
            split(row->shared[i], schema, name) ? catalog_find(catalog, schema, name) : NULL;
        if (r == NULL) {
            catalog_problems_add(problems, false, row->shared[i],
                                 "isolation.row.shared: there is no relation %s", row->shared[i]);
        } else if (catalog_column_find(r, row->column) != NULL) {
            catalog_problems_add(
                problems, true, row->shared[i],
                "isolation.row.shared: %s has the tenant column %s, so its rows belong to tenants; "
                "take it off the list",
                row->shared[i], row->column);
        } else if (r->has_children && r->kind == RELATION_TABLE) {
            catalog_problems_add(
                problems, true, row->shared[i],
                "isolation.row.shared: %s has child tables, whose rows it shows too, and a child "
                "may have the tenant column; take it off the list",
                row->shared[i]);
        } else if (r->kind == RELATION_VIEW || r->kind == RELATION_MATVIEW) {
            catalog_problems_add(
                problems, false, row->shared[i],
                "isolation.row.shared: %s is a %s; it shows every tenant whatever it selects",
                row->shared[i], relation_kind_name(r->kind));
        }
    }
}

static void lint_views(struct catalog_problems *problems, const struct catalog *catalog,
                       const struct config_row *row)
{
    for (size_t i = 0; i < row->num_views; i++) {
        char schema[NAME_CAP];
        char name[NAME_CAP];
        const struct catalog_relation *r =
            split(row->views[i], schema, name) ? catalog_find(catalog, schema, name) : NULL;
        if (r == NULL) {
            catalog_problems_add(problems, false, row->views[i],
                                 "isolation.row.views: there is no relation %s", row->views[i]);
        } else if (r->kind != RELATION_VIEW && r->kind != RELATION_MATVIEW) {
            catalog_problems_add(problems, false, row->views[i], "isolation.row.views: %s is a %s",
                                 row->views[i], relation_kind_name(r->kind));
        } else if (catalog_column_find(r, row->column) == NULL) {
            catalog_problems_add(problems, false, row->views[i],
                                 "isolation.row.views: %s has no column %s and cannot be read",
                                 row->views[i], row->column);
        }
    }
}

static void lint_functions(struct catalog_problems *problems, const struct catalog *catalog,
                           const struct config_row *row)
{
    for (size_t i = 0; i < row->num_functions_allow; i++) {
        char schema[NAME_CAP];
        char name[NAME_CAP];
        if (split(row->functions_allow[i], schema, name) && strcmp(schema, "pg_catalog") != 0 &&
            !catalog_function_exists(catalog, schema, name)) {
            catalog_problems_add(problems, false, row->functions_allow[i],
                                 "isolation.row.functions.allow: there is no function %s",
                                 row->functions_allow[i]);
        }
    }
}

static void lint_role(struct catalog_problems *problems, const struct catalog *catalog,
                      const struct config_row *row)
{
    if (!catalog->is_superuser && !catalog->bypasses_rls) {
        return;
    }
    catalog_problems_add(problems, !row->unsafe_allow_privileged_role, catalog->role,
                         "the upstream's user %s %s; give the proxy a role of its own, or set "
                         "isolation.row.unsafe_allow_privileged_role",
                         catalog->role,
                         catalog->is_superuser ? "is a superuser" : "bypasses row security");
}

static bool is_data(enum relation_kind kind)
{
    return kind == RELATION_TABLE || kind == RELATION_PARTITIONED || kind == RELATION_PARTITION;
}

static void lint_tables(struct catalog_problems *problems, const struct catalog *catalog,
                        const struct config_row *row)
{
    size_t num_tenant_tables = 0;
    for (size_t i = 0; i < catalog->num_relations; i++) {
        const struct catalog_relation *r = &catalog->relations[i];
        const struct catalog_column *column =
            is_data(r->kind) ? catalog_column_find(r, row->column) : NULL;
        num_tenant_tables += column != NULL ? 1 : 0;
        if (column != NULL && !column->is_not_null) {
            char name[2 * NAME_CAP];
            snprintf(name, sizeof name, "%s.%s", r->schema, r->name);
            catalog_problems_add(
                problems, false, name,
                "%s: the tenant column %s may be NULL; such rows belong to nobody: set it NOT NULL",
                name, row->column);
        }
    }
    if (num_tenant_tables == 0) {
        catalog_problems_add(problems, false, "isolation.row.column",
                             "no table in the managed schemas has the tenant column %s",
                             row->column);
    }
}

/* Of each major version, the first that has the fixes of what row security let through. */
static void lint_version(struct catalog_problems *problems, const struct catalog *catalog)
{
    static const unsigned fixed[] = {140019, 150014, 160010, 170006};
    const unsigned version = catalog->server_version_num;
    const unsigned oldest = fixed[0] / MAJOR;
    const unsigned newest = fixed[sizeof fixed / sizeof fixed[0] - 1] / MAJOR;
    if (version / MAJOR > newest) {
        return;
    }
    if (version / MAJOR < oldest) {
        catalog_problems_add(problems, false, "server",
                             "PostgreSQL %u.%u gets no fixes any more; upgrade it", version / MAJOR,
                             version % MAJOR);
    } else if (version < fixed[version / MAJOR - oldest]) {
        catalog_problems_add(problems, false, "server",
                             "PostgreSQL %u.%u lacks fixes of row security (CVE-2024-10976, "
                             "CVE-2025-8713); upgrade it to %u.%u",
                             version / MAJOR, version % MAJOR, version / MAJOR,
                             fixed[version / MAJOR - oldest] % MAJOR);
    }
}

struct catalog_problems catalog_lint(const struct catalog *catalog, const struct config_row *row)
{
    check(catalog != NULL && row != NULL && row->is_set);
    struct catalog_problems problems = {0};
    lint_role(&problems, catalog, row);
    lint_shared(&problems, catalog, row);
    lint_views(&problems, catalog, row);
    lint_functions(&problems, catalog, row);
    lint_tables(&problems, catalog, row);
    lint_version(&problems, catalog);
    return problems;
}
