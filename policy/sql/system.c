/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and definitions belong to all tenants of a database alike; counts, statistics and other
 * sessions do not. A few relations have columns of both kinds. Where one of those is in reach, its
 * hidden columns cannot be named, and nothing can stand for its whole row.
 *
 * Functions that ask the catalogues may raise an error that quotes their argument. What they are
 * given must not come from tenants' rows, so they may not stand in one statement with them. */
#include "policy/sql/system.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/functions.h"
#include "policy/sql/types.h"

enum system_class { SYSTEM_UNKNOWN, SYSTEM_DRIVER, SYSTEM_HIDES, SYSTEM_OPEN, SYSTEM_NEVER };

struct entry {
    const char *schema;
    const char *name;
    enum system_class class;
};

static const struct entry entries[] = {
#define SYSTEM_RELATION(schema, name, class) {schema, name, SYSTEM_##class},
#define HIDDEN_COLUMN(name)
#include "policy/sql/system_relations.def"
#undef SYSTEM_RELATION
#undef HIDDEN_COLUMN
};

static const char *const hidden_columns[] = {
#define SYSTEM_RELATION(schema, name, class)
#define HIDDEN_COLUMN(name) name,
#include "policy/sql/system_relations.def"
#undef SYSTEM_RELATION
#undef HIDDEN_COLUMN
};

static const char hint_policy[] = "See isolation.row.metadata.";

static enum system_class classify(const char *schema, const char *name)
{
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (strcmp(entries[i].name, name) == 0 && strcmp(entries[i].schema, schema) == 0) {
            return entries[i].class;
        }
    }
    return SYSTEM_UNKNOWN;
}

static bool is_hidden(const char *column)
{
    for (size_t i = 0; i < sizeof hidden_columns / sizeof hidden_columns[0]; i++) {
        if (strcmp(hidden_columns[i], column) == 0) {
            return true;
        }
    }
    return false;
}

/* An unqualified name that begins with pg_: the server looks into pg_catalog first, whatever the
 * managed schemas hold. */
bool sql_system_has(const RangeVar *var)
{
    if (var->schemaname == NULL) {
        return strncmp(var->relname, "pg_", 3) == 0;
    }
    return strcmp(var->schemaname, "pg_catalog") == 0 ||
           strcmp(var->schemaname, "information_schema") == 0;
}

bool sql_system_may_read(const struct config_row *row, const char *schema, const char *name)
{
    switch (classify(schema, name)) {
    case SYSTEM_DRIVER:
    case SYSTEM_HIDES:
        return row->metadata != METADATA_STRICT;
    case SYSTEM_OPEN:
        return row->metadata == METADATA_OPEN;
    case SYSTEM_NEVER:
    case SYSTEM_UNKNOWN:
        break;
    }
    return false;
}

void sql_system_read(struct sql_query *q, struct sql_level *level, RangeVar *var)
{
    const char *schema = var->schemaname == NULL ? "pg_catalog" : var->schemaname;
    if (!sql_system_may_read(q->env->row, schema, var->relname)) {
        sql_refuse(q, "42501", var->location,
                   "System catalogues and statistics show other tenants' data.",
                   "permission denied for relation %s", var->relname);
    }
    if (classify(schema, var->relname) == SYSTEM_HIDES && q->env->row->metadata != METADATA_OPEN) {
        if (var->alias != NULL && var->alias->colnames != NIL) {
            sql_refuse(q, "42501", var->location, hint_policy,
                       "columns of %s cannot be renamed under tenant isolation", var->relname);
        }
        level->hides = SQL_HIDES_HERE;
    }
    var->catalogname = NULL;
    var->schemaname = pstrdup(schema);
}

pg_noreturn static void refuse_column(const struct sql_query *q, const char *column, int location)
{
    sql_refuse(q, "42501", location, hint_policy, "permission denied for column %s", column);
}

pg_noreturn static void refuse_row(const struct sql_query *q, int location)
{
    sql_refuse(q, "42501", location, "Name the columns. See isolation.row.metadata.",
               "permission denied for all columns of a system catalogue");
}

void sql_system_check_join(const struct sql_query *q, const struct sql_level *level,
                           const JoinExpr *join)
{
    ListCell *cell;
    if (level->hides != SQL_HIDES_HERE) {
        return;
    }
    if (join->isNatural || (join->alias != NULL && join->alias->colnames != NIL)) {
        refuse_row(q, SQL_NO_LOCATION);
    }
    foreach (cell, join->usingClause) {
        if (is_hidden(strVal(lfirst(cell)))) {
            refuse_column(q, strVal(lfirst(cell)), SQL_NO_LOCATION);
        }
    }
}

/* `c.to_json` is to_json(c), and `c.text` is c::text. */
static bool takes_row(const char *name)
{
    return sql_function_takes_row(name) || (sql_type_is_builtin(name) && strcmp(name, "oid") != 0);
}

void sql_system_check_column(const struct sql_query *q, const struct sql_level *level,
                             const ColumnRef *column)
{
    int num_fields = list_length(column->fields);
    const Node *last = llast(column->fields);
    if (level->hides == SQL_HIDES_NOTHING) {
        return;
    }
    const char *reference =
        num_fields > 1 ? strVal(list_nth(column->fields, num_fields - 2)) : NULL;
    if (IsA(last, A_Star)) {
        bool is_all = reference == NULL && level->hides == SQL_HIDES_HERE;
        if (is_all || (reference != NULL && sql_level_hides_row(level, reference))) {
            refuse_row(q, column->location);
        }
        return;
    }
    const char *name = strVal(llast(column->fields));
    if (is_hidden(name)) {
        refuse_column(q, name, column->location);
    }
    bool is_row = reference == NULL && sql_level_hides_row(level, name);
    bool is_disguised =
        reference != NULL && takes_row(name) && sql_level_hides_row(level, reference);
    if (is_row || is_disguised) {
        refuse_row(q, column->location);
    }
}

bool sql_system_use(struct sql_query *q, int location)
{
    if (q->env->row->metadata == METADATA_STRICT) {
        return false;
    }
    q->asks_system = true;
    q->asks_location = location;
    return true;
}

void sql_system_check_use(const struct sql_query *q)
{
    if (q->asks_system && q->guards != NIL) {
        sql_refuse(q, "42501", q->asks_location,
                   "Ask the system catalogues in a statement of its own.",
                   "tenants' rows cannot be given to functions and types of the system catalogues");
    }
}
