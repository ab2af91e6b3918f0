/* SPDX-License-Identifier: Apache-2.0
 *
 * UPDATE and DELETE: the target's guard and those of FROM or USING go into WHERE, above the whole
 * old condition. A target is never a CTE. */
#include "policy/sql/dml.h"

#include "nodes/value.h"

#include "policy/sql/guard.h"
#include "policy/sql/tenant_place.h"

void sql_dml_add_target(struct sql_level *level, const RangeVar *target,
                        const struct catalog_relation *relation)
{
    const char *name = target->alias != NULL ? target->alias->aliasname : target->relname;
    sql_level_add_reference(level, name, relation, NIL);
}

void sql_dml_walk_output(struct sql_query *q, struct sql_level *level, const void *node)
{
    level->may_run_early = false;
    sql_walk_expression(q, level, node);
    level->may_run_early = true;
}

void sql_dml_walk_returning(struct sql_query *q, struct sql_level *level,
                            const ReturningClause *returning)
{
    ListCell *cell;
    if (returning == NULL) {
        return;
    }
    if (returning->options != NIL && q->env->catalog->server_version_num < SQL_VERSION_18) {
        const ReturningOption *option = linitial(returning->options);
        sql_refuse(q, "42601", option->location, NULL,
                   "the server is too old for this construct: it came with version 18");
    }
    foreach (cell, returning->options) {
        sql_level_add_reference(level, ((const ReturningOption *)lfirst(cell))->value, NULL, NIL);
    }
    sql_dml_walk_output(q, level, returning->exprs);
}

static void note_target(struct sql_query *q, const RangeVar *target)
{
    sql_note(q, "%s.%s: guard on the target", target->schemaname, target->relname);
}

/* WHERE CURRENT OF stands alone: nothing can be joined to it. It needs no guard, because the row is
 * one that the cursor's query gave, and every cursor's query is guarded. */
static bool is_current_of(const struct sql_query *q, const Node *where, const List *from)
{
    if (where == NULL || !IsA(where, CurrentOfExpr)) {
        return false;
    }
    if (from != NIL || ((const CurrentOfExpr *)where)->cursor_name == NULL) {
        sql_refuse(q, "0A000", SQL_NO_LOCATION, NULL,
                   "WHERE CURRENT OF is not supported beside other tables");
    }
    return true;
}

void sql_walk_update(struct sql_query *q, const struct sql_level *outer, UpdateStmt *update)
{
    struct sql_level level = sql_level_inside(outer);
    libpg_check_stack();
    sql_walk_with(q, &level, update->withClause);
    struct sql_relation relation = sql_relation_write(q, update->relation);
    sql_dml_add_target(&level, update->relation, relation.catalog);
    note_target(q, update->relation);
    List *predicates = sql_walk_from(q, &level, update->fromClause);
    sql_dml_walk_output(q, &level, update->targetList);
    bool is_cursors = is_current_of(q, update->whereClause, update->fromClause);
    if (!is_cursors) {
        sql_walk_expression(q, &level, update->whereClause);
    }
    sql_dml_walk_returning(q, &level, update->returningClause);
    sql_tenant_place_set(q, &relation, update->targetList);
    if (is_cursors) {
        return;
    }
    predicates = sql_guard_target(q, update->relation, &relation, predicates);
    update->whereClause = sql_guard_condition(predicates, update->whereClause);
}

void sql_walk_delete(struct sql_query *q, const struct sql_level *outer, DeleteStmt *delete)
{
    struct sql_level level = sql_level_inside(outer);
    libpg_check_stack();
    sql_walk_with(q, &level, delete->withClause);
    struct sql_relation relation = sql_relation_write(q, delete->relation);
    sql_dml_add_target(&level, delete->relation, relation.catalog);
    note_target(q, delete->relation);
    List *predicates = sql_walk_from(q, &level, delete->usingClause);
    bool is_cursors = is_current_of(q, delete->whereClause, delete->usingClause);
    if (!is_cursors) {
        sql_walk_expression(q, &level, delete->whereClause);
    }
    sql_dml_walk_returning(q, &level, delete->returningClause);
    if (is_cursors) {
        return;
    }
    predicates = sql_guard_target(q, delete->relation, &relation, predicates);
    delete->whereClause = sql_guard_condition(predicates, delete->whereClause);
}
