/* SPDX-License-Identifier: Apache-2.0
 *
 * MERGE: the source is guarded below the join, for a row of it that the condition rejects is NOT
 * MATCHED and would be inserted; the target is guarded in the condition, above the whole old one.
 * A row of another tenant with the same key is then not matched, and its insertion meets the unique
 * key, as under row security. NOT MATCHED BY SOURCE is refused: it needs a full join, which
 * takes no such condition. */
#include "policy/sql/walk.h"

#include <string.h>

#include "nodes/makefuncs.h"

#include "policy/sql/dml.h"
#include "policy/sql/guard.h"
#include "policy/sql/tenant_place.h"

static bool is_tenant_column(const struct sql_relation *relation, const ResTarget *target)
{
    return strcmp(target->name, relation->column->name) == 0;
}

static ResTarget *column_target(const char *name)
{
    ResTarget *target = makeNode(ResTarget);
    target->name = pstrdup(name);
    target->location = SQL_NO_LOCATION;
    return target;
}

/* Without a column list the values go to the first columns. */
static void add_implied_columns(const struct sql_query *q, const struct sql_relation *relation,
                                MergeWhenClause *when)
{
    size_t wanted = (size_t)list_length(when->values);
    if (wanted > relation->catalog->num_columns) {
        sql_refuse(q, "42601", SQL_NO_LOCATION, NULL,
                   "INSERT has more expressions than target columns");
    }
    for (size_t i = 0; i < wanted; i++) {
        const char *name = relation->catalog->columns[i].name;
        when->targetList = lappend(when->targetList, column_target(name));
    }
}

/* Afterwards the tenant column is named, and holds the tenant's value. */
static void force_tenant(struct sql_query *q, const struct sql_relation *relation,
                         MergeWhenClause *when)
{
    bool is_named = false;
    ListCell *column;
    ListCell *value;
    if (when->targetList == NIL) {
        add_implied_columns(q, relation, when);
    }
    if (list_length(when->targetList) != list_length(when->values) &&
        !(when->targetList == NIL && when->values == NIL)) {
        sql_refuse(q, "42601", SQL_NO_LOCATION, NULL,
                   "INSERT must have as many expressions as target columns");
    }
    forboth(column, when->targetList, value, when->values)
    {
        if (!is_tenant_column(relation, lfirst(column))) {
            continue;
        }
        if (((ResTarget *)lfirst(column))->indirection != NIL) {
            sql_refuse(q, "42501", ((ResTarget *)lfirst(column))->location, NULL,
                       "column \"%s\" may only hold the session's tenant", relation->column->name);
        }
        lfirst(value) = sql_tenant_place_new(q, relation, lfirst(value));
        is_named = true;
    }
    if (!is_named) {
        when->targetList = lappend(when->targetList, column_target(relation->column->name));
        when->values = lappend(when->values, sql_tenant_value(q, relation->type));
    }
}

static void walk_when(struct sql_query *q, struct sql_level *level,
                      const struct sql_relation *relation, MergeWhenClause *when)
{
    if (when->matchKind == MERGE_WHEN_NOT_MATCHED_BY_SOURCE) {
        sql_refuse(q, "0A000", SQL_NO_LOCATION, "Use a DELETE or UPDATE with NOT EXISTS.",
                   "WHEN NOT MATCHED BY SOURCE is not supported under tenant isolation");
    }
    sql_walk_expression(q, level, when->condition);
    sql_dml_walk_output(q, level, when->targetList);
    sql_dml_walk_output(q, level, when->values);
    switch ((int)when->commandType) {
    case CMD_INSERT:
        force_tenant(q, relation, when);
        break;
    case CMD_UPDATE:
        sql_tenant_place_set(q, relation, when->targetList);
        break;
    case CMD_DELETE:
    case CMD_NOTHING:
        break;
    default:
        sql_refuse(q, "0A000", SQL_NO_LOCATION, NULL,
                   "this action of MERGE is not supported under tenant isolation");
    }
}

void sql_walk_merge(struct sql_query *q, const struct sql_level *outer, MergeStmt *merge)
{
    struct sql_level level = sql_level_inside(outer);
    ListCell *cell;
    libpg_check_stack();
    sql_walk_with(q, &level, merge->withClause);
    struct sql_relation relation = sql_relation_write(q, merge->relation);
    sql_note(q, "%s.%s: guard on the target", merge->relation->schemaname,
             merge->relation->relname);
    merge->sourceRelation = sql_walk_below(q, &level, merge->sourceRelation);
    sql_dml_add_target(&level, merge->relation, relation.catalog);
    sql_walk_expression(q, &level, merge->joinCondition);
    foreach (cell, merge->mergeWhenClauses) {
        walk_when(q, &level, &relation, lfirst(cell));
    }
    if (merge->returningClause != NULL && q->env->catalog->server_version_num < SQL_VERSION_17) {
        sql_refuse(q, "42601", SQL_NO_LOCATION, NULL,
                   "the server is too old for this construct: it came with version 17");
    }
    sql_dml_walk_returning(q, &level, merge->returningClause);
    List *predicates = sql_guard_target(q, merge->relation, &relation, NIL);
    merge->joinCondition = sql_guard_condition(predicates, merge->joinCondition);
}
