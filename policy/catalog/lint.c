/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what the operator declared with what the database has. The declaration decides what a
 * table is; where the database contradicts it in a way that could show one tenant another's rows,
 * that is an error. */
#include "policy/catalog/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/compiler.h"
#include "protocol/mem.h"

#define NAME_CAP 64 /* NAMEDATALEN: the loader of the configuration lets nothing longer pass */

static void add(struct catalog_problems *problems, bool is_error, const char *format, ...)
    PRINTF_LIKE(3, 4);
static void add(struct catalog_problems *problems, bool is_error, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problems->items = mem_resize(problems->items, problems->num_items + 1, sizeof *problems->items);
    problems->items[problems->num_items++] = (struct catalog_problem){
        .is_error = is_error, .message = mem_copy_string(text, strlen(text))};
    problems->num_errors += is_error ? 1 : 0;
}

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
            add(problems, false, "isolation.row.shared: there is no relation %s", row->shared[i]);
        } else if (catalog_column_find(r, row->column) != NULL) {
            add(problems, true,
                "isolation.row.shared: %s has the tenant column %s, so its rows belong to tenants; "
                "take it off the list",
                row->shared[i], row->column);
        } else if (r->has_children && r->kind == RELATION_TABLE) {
            add(problems, true,
                "isolation.row.shared: %s has child tables, whose rows it shows too, and a child "
                "may have the tenant column; take it off the list",
                row->shared[i]);
        } else if (r->kind == RELATION_VIEW || r->kind == RELATION_MATVIEW) {
            add(problems, false,
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
            add(problems, false, "isolation.row.views: there is no relation %s", row->views[i]);
        } else if (r->kind != RELATION_VIEW && r->kind != RELATION_MATVIEW) {
            add(problems, false, "isolation.row.views: %s is a %s", row->views[i],
                relation_kind_name(r->kind));
        } else if (catalog_column_find(r, row->column) == NULL) {
            add(problems, false, "isolation.row.views: %s has no column %s and cannot be read",
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
            add(problems, false, "isolation.row.functions.allow: there is no function %s",
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
    add(problems, !row->unsafe_allow_privileged_role,
        "the upstream's user %s %s; give the proxy a role of its own, or set "
        "isolation.row.unsafe_allow_privileged_role",
        catalog->role, catalog->is_superuser ? "is a superuser" : "bypasses row security");
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
            add(problems, false,
                "%s.%s: the tenant column %s may be NULL; such rows belong to nobody", r->schema,
                r->name, row->column);
        }
    }
    if (num_tenant_tables == 0) {
        add(problems, false, "no table in the managed schemas has the tenant column %s",
            row->column);
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
    return problems;
}

void catalog_problems_fini(struct catalog_problems *problems)
{
    for (size_t i = 0; i < problems->num_items; i++) {
        free(problems->items[i].message);
    }
    free(problems->items);
    *problems = (struct catalog_problems){0};
}
