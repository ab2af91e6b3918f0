/* SPDX-License-Identifier: Apache-2.0
 *
 * Name resolution for relations. Invariant: a name that leaves here is either a CTE's, untouched,
 * or schema-qualified with what the catalogue holds, so the server resolves it as we did or not
 * at all. Everything that is neither a table of a tenant nor listed as shared is refused. */
#include "policy/sql/relation.h"

#include <string.h>

#include "policy/sql/system.h"
#include "protocol/check.h"

static const char hint_shared[] =
    "List it under isolation.row.shared if every tenant may read all of it.";

bool sql_schema_is_managed(const struct config_row *row, const char *schema)
{
    for (size_t i = 0; i < row->num_schemas; i++) {
        if (strcmp(row->schemas[i], schema) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_listed(char *const *list, size_t num, const struct catalog_relation *relation)
{
    size_t schema_len = strlen(relation->schema);
    for (size_t i = 0; i < num; i++) {
        const char *listed = list[i];
        if (strncmp(listed, relation->schema, schema_len) == 0 && listed[schema_len] == '.' &&
            strcmp(listed + schema_len + 1, relation->name) == 0) {
            return true;
        }
    }
    return false;
}

bool sql_relation_is_shared(const struct config_row *row, const struct catalog_relation *relation)
{
    return is_listed(row->shared, row->num_shared, relation);
}

bool sql_view_is_listed(const struct config_row *row, const struct catalog_relation *relation)
{
    bool is_view = relation->kind == RELATION_VIEW || relation->kind == RELATION_MATVIEW;
    return is_view && is_listed(row->views, row->num_views, relation);
}

pg_noreturn static void refuse_unknown(const struct sql_query *q, const RangeVar *var)
{
    if (var->schemaname != NULL) {
        sql_refuse(q, "42P01", var->location, NULL, "relation \"%s.%s\" does not exist",
                   var->schemaname, var->relname);
    }
    sql_refuse(q, "42P01", var->location, NULL, "relation \"%s\" does not exist", var->relname);
}

static void check_database(const struct sql_query *q, const RangeVar *var)
{
    if (var->catalogname != NULL && strcmp(var->catalogname, q->env->catalog->database) != 0) {
        sql_refuse(q, "0A000", var->location, NULL,
                   "cross-database references are not implemented: \"%s.%s.%s\"", var->catalogname,
                   var->schemaname, var->relname);
    }
}

/* The catalogue's entry for a name that is not a CTE's. */
static const struct catalog_relation *find(const struct sql_query *q, const RangeVar *var)
{
    const struct config_row *row = q->env->row;
    check_database(q, var);
    if (var->schemaname != NULL) {
        if (!sql_schema_is_managed(row, var->schemaname)) {
            sql_refuse(q, "42501", var->location, "Tenants may use the managed schemas only.",
                       "permission denied for schema %s", var->schemaname);
        }
        return catalog_find(q->env->catalog, var->schemaname, var->relname);
    }
    if (sql_system_has(var)) {
        sql_refuse(q, "42501", var->location, "System catalogues can only be read.",
                   "permission denied for relation %s", var->relname);
    }
    for (size_t i = 0; i < row->num_schemas; i++) {
        const struct catalog_relation *found =
            catalog_find(q->env->catalog, row->schemas[i], var->relname);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static bool is_table(enum relation_kind kind)
{
    return kind == RELATION_TABLE || kind == RELATION_PARTITIONED || kind == RELATION_PARTITION;
}

static struct sql_relation classify(const struct sql_query *q, const RangeVar *var,
                                    const struct catalog_relation *found)
{
    const struct config_row *row = q->env->row;
    struct sql_relation result = {.catalog = found};
    if (!is_table(found->kind) && !sql_view_is_listed(row, found)) {
        sql_refuse(q, "42501", var->location,
                   "Only tables, and views under isolation.row.views, can be used.",
                   "permission denied for %s %s", relation_kind_name(found->kind), found->name);
    }
    bool is_shared = sql_relation_is_shared(row, found);
    result.column = catalog_column_find(found, row->column);
    if (is_shared && result.column != NULL) {
        sql_refuse(q, "42501", var->location,
                   "It is listed as shared but has the tenant column: take it off the list.",
                   "permission denied for table %s", found->name);
    }
    if (!is_shared && result.column == NULL) {
        sql_refuse(q, "42501", var->location, hint_shared,
                   "permission denied for table %s: it has no tenant column", found->name);
    }
    if (is_shared) {
        result.class = SQL_RELATION_SHARED;
        return result;
    }
    if (row->enforce != ENFORCE_REWRITE && !found->is_row_secure) {
        sql_refuse(q, "42501", var->location, "Enable and force row security for it.",
                   "permission denied for table %s: row security does not hold for it",
                   found->name);
    }
    result.class = SQL_RELATION_TENANT;
    result.type = sql_tenant_type_find(result.column->type_oid);
    if (result.type == NULL) {
        sql_refuse(q, "0A000", var->location,
                   "A tenant column is text, varchar, name, uuid or an integer.",
                   "tenant column of table %s has an unsupported type", found->name);
    }
    return result;
}

static void qualify(RangeVar *var, const struct catalog_relation *found)
{
    var->catalogname = NULL;
    var->schemaname = pstrdup(found->schema);
}

struct sql_relation sql_relation_read(struct sql_query *q, const struct sql_level *level,
                                      RangeVar *var)
{
    sql_level_charge(q, level);
    if (var->schemaname == NULL && sql_level_find_cte(level, var->relname) != NULL) {
        return (struct sql_relation){.class = SQL_RELATION_CTE};
    }
    const struct catalog_relation *found = find(q, var);
    if (found == NULL) {
        refuse_unknown(q, var);
    }
    struct sql_relation result = classify(q, var, found);
    q->raising = q->raising || !is_table(found->kind); /* conditions that nobody has seen */
    qualify(var, found);
    return result;
}

struct sql_relation sql_relation_write(struct sql_query *q, RangeVar *var)
{
    const struct catalog_relation *found = find(q, var);
    if (found == NULL) {
        refuse_unknown(q, var);
    }
    struct sql_relation result = classify(q, var, found);
    if (!is_table(found->kind)) {
        sql_refuse(q, "42501", var->location, "Views can only be read.",
                   "permission denied for %s %s", relation_kind_name(found->kind), found->name);
    }
    if (result.class != SQL_RELATION_TENANT) {
        sql_refuse(q, "42501", var->location, "Shared tables are read-only for tenants.",
                   "permission denied for table %s", found->name);
    }
    qualify(var, found);
    return result;
}
