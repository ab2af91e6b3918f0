/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy for each of the tenants' tables, partitions too: named directly, a partition has its
 * own policies only. FORCE, for the owner is not held to them otherwise; no TRUNCATE and no
 * REFERENCES for the proxy's role, which no policy is asked about. A setting that is missing or
 * empty is no tenant. Every name is quoted: they come from the server and from the operator. */
#include "policy/catalog/policies.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/config/isolation.h"
#include "protocol/check.h"
#include "protocol/compiler.h"
#include "protocol/mem.h"

#define POLICY_NAME "ringfence_tenant"

/* "a""b", owned by the caller. */
static char *quoted(const char *name)
{
    char *text = mem_new(2 * strlen(name) + 3);
    size_t len = 0;
    text[len++] = '"';
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"') {
            text[len++] = '"';
        }
        text[len++] = *c;
    }
    text[len] = '"';
    return text;
}

static char *qualified(const struct catalog_relation *r)
{
    char *schema = quoted(r->schema);
    char *name = quoted(r->name);
    size_t cap = strlen(schema) + strlen(name) + 2;
    char *both = mem_new(cap);
    (void)snprintf(both, cap, "%s.%s", schema, name);
    free(schema);
    free(name);
    return both;
}

static bool is_listed(char *const *list, size_t num, const struct catalog_relation *r)
{
    size_t schema_len = strlen(r->schema);
    for (size_t i = 0; i < num; i++) {
        if (strncmp(list[i], r->schema, schema_len) == 0 && list[i][schema_len] == '.' &&
            strcmp(list[i] + schema_len + 1, r->name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_table(const struct catalog_relation *r)
{
    return r->kind == RELATION_TABLE || r->kind == RELATION_PARTITIONED ||
           r->kind == RELATION_PARTITION;
}

static void write_table(FILE *out, const struct catalog_relation *r,
                        const struct catalog_column *column, const struct config_row *row,
                        const char *role)
{
    char *table = qualified(r);
    char *tenant = quoted(column->name);
    fprintf(out, "\nALTER TABLE %s ENABLE ROW LEVEL SECURITY;\n", table);
    fprintf(out, "ALTER TABLE %s FORCE ROW LEVEL SECURITY;\n", table);
    fprintf(out, "DROP POLICY IF EXISTS " POLICY_NAME " ON %s;\n", table);
    fprintf(out, "CREATE POLICY " POLICY_NAME " ON %s\n", table);
    static const char *const clauses[] = {"    USING", ")\n    WITH CHECK"};
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        fprintf(out,
                "%s (%s OPERATOR(pg_catalog.=) "
                "NULLIF(pg_catalog.current_setting('%s', true), '')::%s",
                clauses[i], tenant, row->setting, column->type_name);
    }
    fprintf(out, ");\nGRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s;\n", table, role);
    fprintf(out, "REVOKE TRUNCATE, REFERENCES, TRIGGER ON %s FROM %s;\n", table, role);
    free(table);
    free(tenant);
}

static void write_relation(FILE *out, const struct catalog_relation *r,
                           const struct config_row *row, const char *role)
{
    const struct catalog_column *column = catalog_column_find(r, row->column);
    char *name = qualified(r);
    if (is_listed(row->shared, row->num_shared, r)) {
        fprintf(out, "\nGRANT SELECT ON %s TO %s;\n", name, role);
    } else if (is_table(r) && column != NULL) {
        write_table(out, r, column, row, role);
    } else if (r->kind == RELATION_VIEW && is_listed(row->views, row->num_views, r)) {
        fprintf(out, "\nALTER VIEW %s SET (security_invoker = true);\n", name);
        fprintf(out, "GRANT SELECT ON %s TO %s;\n", name, role);
    }
    free(name);
}

char *catalog_policies_sql(const struct catalog *catalog, const struct config_row *row)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    check(catalog != NULL && row != NULL && row->is_set && out != NULL);
    char *role = quoted(catalog->role);
    fputs("-- Row security as ringfence asks for it. Run it as the owner of the tables, and again\n"
          "-- whenever there are new ones. Materialized views cannot have it.\n"
          "BEGIN;\n",
          out);
    for (size_t i = 0; i < catalog->num_relations; i++) {
        write_relation(out, &catalog->relations[i], row, role);
    }
    fputs("\nCOMMIT;\n", out);
    free(role);
    check(fclose(out) == 0);
    return text;
}
