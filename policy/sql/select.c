/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries and WITH clauses. Order matters: names of the WITH clause first, then the references of
 * FROM, then everything that may use them, and the guards last, so that nobody walks a guard. */
#include "policy/sql/walk.h"

#include "policy/sql/guard.h"

static void walk_cte_query(struct sql_query *q, const struct sql_level *level, CommonTableExpr *cte)
{
    Node *body = cte->ctequery;
    switch ((int)nodeTag(body)) {
    case T_SelectStmt:
        sql_walk_select(q, level, (SelectStmt *)body, SQL_SELECT_INSIDE);
        break;
    case T_InsertStmt:
        sql_walk_insert(q, level, (InsertStmt *)body);
        break;
    case T_UpdateStmt:
        sql_walk_update(q, level, (UpdateStmt *)body);
        break;
    case T_DeleteStmt:
        sql_walk_delete(q, level, (DeleteStmt *)body);
        break;
    case T_MergeStmt: /* since version 17; the server refuses it before */
        sql_walk_merge(q, level, (MergeStmt *)body);
        break;
    default:
        sql_refuse(q, "0A000", cte->location, NULL,
                   "this statement is not supported in WITH under tenant isolation");
    }
    if (cte->cycle_clause != NULL) {
        sql_walk_expression(q, level, cte->cycle_clause->cycle_mark_value);
        sql_walk_expression(q, level, cte->cycle_clause->cycle_mark_default);
    }
}

void sql_walk_with(struct sql_query *q, struct sql_level *level, WithClause *with)
{
    ListCell *cell;
    if (with == NULL) {
        return;
    }
    if (with->recursive) {
        foreach (cell, with->ctes) {
            sql_level_add_cte(level, lfirst(cell));
        }
    }
    foreach (cell, with->ctes) {
        walk_cte_query(q, level, lfirst(cell));
        if (!with->recursive) {
            sql_level_add_cte(level, lfirst(cell));
        }
    }
}

/* What runs after the guards of this query, if there is nothing above it. */
static void walk_output(struct sql_query *q, struct sql_level *level, const SelectStmt *select,
                        enum sql_select_place place)
{
    level->may_run_early = place == SQL_SELECT_INSIDE;
    sql_walk_expression(q, level, select->targetList);
    sql_walk_expression(q, level, select->valuesLists);
    sql_walk_expression(q, level, select->sortClause);
    sql_walk_expression(q, level, select->windowClause);
    sql_walk_expression(q, level, select->limitOffset);
    sql_walk_expression(q, level, select->limitCount);
    /* SELECT DISTINCT is a list that holds one NULL. */
    if (select->distinctClause != NIL && linitial(select->distinctClause) != NULL) {
        sql_walk_expression(q, level, select->distinctClause);
    }
    sql_walk_expression(q, level, select->groupClause);
    level->may_run_early = true;
}

void sql_walk_select(struct sql_query *q, const struct sql_level *outer, SelectStmt *select,
                     enum sql_select_place place)
{
    struct sql_level level = sql_level_inside(outer);
    libpg_check_stack();
    if (select->intoClause != NULL) {
        sql_refuse(q, "42501", select->intoClause->rel->location, NULL,
                   "permission denied: SELECT INTO creates a table");
    }
    sql_walk_with(q, &level, select->withClause);
    if (select->op != SETOP_NONE) {
        sql_walk_select(q, &level, select->larg, place);
        sql_walk_select(q, &level, select->rarg, place);
    }
    List *predicates = sql_walk_from(q, &level, select->fromClause);
    walk_output(q, &level, select, place);
    sql_walk_expression(q, &level, select->whereClause);
    sql_walk_expression(q, &level, select->havingClause);
    select->whereClause = sql_guard_condition(predicates, select->whereClause);
}
