/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements that change rows. A new row must hold the tenant's
 * value at the tenant column, wherever it comes from; a changed or deleted row must be guarded. */
#include "policy/sql/proof_parts.h"

#include <string.h>

#include "nodes/value.h"

static bool is_tenant_column(const struct proof *p, const ResTarget *target)
{
    return target->name != NULL && strcmp(target->name, p->q->env->row->column) == 0;
}

static bool is_star(const Node *node)
{
    if (IsA(node, ResTarget)) {
        node = ((const ResTarget *)node)->val;
    }
    if (IsA(node, ColumnRef)) {
        return IsA(llast(((const ColumnRef *)node)->fields), A_Star);
    }
    return IsA(node, A_Indirection) &&
           IsA(llast(((const A_Indirection *)node)->indirection), A_Star);
}

static const Node *value_in(const Node *node)
{
    return IsA(node, ResTarget) ? ((const ResTarget *)node)->val : node;
}

/* A row of the source: with a star in it only the end can be counted. */
static void check_row(const struct proof *p, const struct catalog_relation *relation,
                      const List *columns, const List *row)
{
    bool has_star = false;
    bool found = false;
    ListCell *cell;
    foreach (cell, row) {
        has_star = has_star || is_star(lfirst(cell));
    }
    if (!has_star && list_length(row) != list_length(columns)) {
        proof_fail(p, "a new row has another length than its columns");
    }
    foreach (cell, columns) {
        const ResTarget *column = lfirst(cell);
        if (!is_tenant_column(p, column)) {
            continue;
        }
        if (column->indirection != NIL || (has_star && lnext(columns, cell) != NULL)) {
            proof_fail(p, "the tenant column of a new row cannot be counted");
        }
        int position = has_star ? list_length(row) - 1 : foreach_current_index(cell);
        if (!proof_is_forced_value(p, relation, value_in(list_nth(row, position)))) {
            proof_fail(p, "a new row is not the tenant's");
        }
        found = true;
    }
    if (!found) {
        proof_fail(p, "a new row has no tenant");
    }
}

static void check_source(const struct proof *p, const struct catalog_relation *relation,
                         const List *columns, const SelectStmt *source)
{
    ListCell *cell;
    libpg_check_stack();
    if (source->op != SETOP_NONE) {
        check_source(p, relation, columns, source->larg);
        check_source(p, relation, columns, source->rarg);
        return;
    }
    if (source->valuesLists == NIL) {
        check_row(p, relation, columns, source->targetList);
    }
    foreach (cell, source->valuesLists) {
        check_row(p, relation, columns, lfirst(cell));
    }
}

static bool is_forced_multi(const struct proof *p, const struct catalog_relation *relation,
                            const MultiAssignRef *ref)
{
    if (!IsA(ref->source, RowExpr)) {
        return false;
    }
    const List *args = ((const RowExpr *)ref->source)->args;
    ListCell *cell;
    foreach (cell, args) {
        if (is_star(lfirst(cell))) {
            return false;
        }
    }
    return ref->colno >= 1 && ref->colno <= list_length(args) &&
           proof_is_forced_value(p, relation, list_nth(args, ref->colno - 1));
}

static void check_set(const struct proof *p, const struct proof_scope *scope,
                      const struct catalog_relation *relation, const List *targets)
{
    ListCell *cell;
    foreach (cell, targets) {
        const ResTarget *target = lfirst(cell);
        if (!is_tenant_column(p, target)) {
            continue;
        }
        bool is_forced = IsA(target->val, MultiAssignRef)
                             ? is_forced_multi(p, relation, (const MultiAssignRef *)target->val)
                             : proof_is_forced_value(p, relation, target->val);
        if (target->indirection != NIL || !is_forced) {
            proof_fail(p, "the tenant column is set");
        }
    }
    proof_check_expression(p, scope, targets);
}

static void check_conflict(const struct proof *p, const struct proof_scope *scope,
                           const struct catalog_relation *relation, const InsertStmt *insert)
{
    const OnConflictClause *clause = insert->onConflictClause;
    if (clause == NULL) {
        return;
    }
    if (clause->infer != NULL) {
        proof_check_expression(p, scope, clause->infer->indexElems);
        proof_check_expression(p, scope, clause->infer->whereClause);
    }
    if (clause->action != ONCONFLICT_UPDATE) {
        return;
    }
    check_set(p, scope, relation, clause->targetList);
    proof_check_expression(p, scope, clause->whereClause);
    if (!proof_has_guard(p, relation, insert->relation, clause->whereClause)) {
        proof_fail(p, "DO UPDATE has no guard");
    }
}

static void check_returning(const struct proof *p, const struct proof_scope *scope,
                            const ReturningClause *returning)
{
    if (returning != NULL) {
        proof_check_expression(p, scope, returning->exprs);
    }
}

static void check_insert(const struct proof *p, const struct proof_scope *scope,
                         const InsertStmt *insert)
{
    const struct catalog_relation *relation = proof_target(p, insert->relation);
    scope = proof_check_with(p, scope, insert->withClause);
    if (insert->selectStmt == NULL || insert->cols == NIL) {
        proof_fail(p, "INSERT without columns or source");
    }
    const SelectStmt *source = (const SelectStmt *)insert->selectStmt;
    check_source(p, relation, insert->cols, source);
    proof_check_expression(p, scope, insert->cols);
    proof_check_select(p, scope, source);
    check_conflict(p, scope, relation, insert);
    check_returning(p, scope, insert->returningClause);
}

/* The row a cursor stands on: the cursor's own query is guarded. */
static bool is_current_of(const Node *where, const List *from)
{
    return where != NULL && IsA(where, CurrentOfExpr) && from == NIL;
}

static void check_where(const struct proof *p, const struct proof_scope *scope, const Node *where)
{
    if (where == NULL || !IsA(where, CurrentOfExpr)) {
        proof_check_expression(p, scope, where);
    }
}

static void check_update(const struct proof *p, const struct proof_scope *scope,
                         const UpdateStmt *update)
{
    const struct catalog_relation *relation = proof_target(p, update->relation);
    scope = proof_check_with(p, scope, update->withClause);
    check_set(p, scope, relation, update->targetList);
    proof_check_from(p, scope, update->fromClause, update->whereClause);
    check_where(p, scope, update->whereClause);
    check_returning(p, scope, update->returningClause);
    if (is_current_of(update->whereClause, update->fromClause)) {
        return;
    }
    if (!proof_has_guard(p, relation, update->relation, update->whereClause)) {
        proof_fail(p, "UPDATE has no guard");
    }
}

static void check_delete(const struct proof *p, const struct proof_scope *scope,
                         const DeleteStmt *delete)
{
    const struct catalog_relation *relation = proof_target(p, delete->relation);
    scope = proof_check_with(p, scope, delete->withClause);
    proof_check_from(p, scope, delete->usingClause, delete->whereClause);
    check_where(p, scope, delete->whereClause);
    check_returning(p, scope, delete->returningClause);
    if (is_current_of(delete->whereClause, delete->usingClause)) {
        return;
    }
    if (!proof_has_guard(p, relation, delete->relation, delete->whereClause)) {
        proof_fail(p, "DELETE has no guard");
    }
}

static void check_merge_insert(const struct proof *p, const struct catalog_relation *relation,
                               const MergeWhenClause *when)
{
    if (when->targetList == NIL) {
        proof_fail(p, "MERGE inserts without columns");
    }
    check_row(p, relation, when->targetList, when->values);
}

static void check_when(const struct proof *p, const struct proof_scope *scope,
                       const struct catalog_relation *relation, const MergeWhenClause *when)
{
    proof_check_expression(p, scope, when->condition);
    proof_check_expression(p, scope, when->targetList);
    proof_check_expression(p, scope, when->values);
    if (when->matchKind == MERGE_WHEN_NOT_MATCHED_BY_SOURCE) {
        proof_fail(p, "MERGE acts on rows that no guard was asked about");
    }
    if (when->commandType == CMD_INSERT) {
        check_merge_insert(p, relation, when);
    } else if (when->commandType == CMD_UPDATE) {
        check_set(p, scope, relation, when->targetList);
    } else if (when->commandType != CMD_DELETE && when->commandType != CMD_NOTHING) {
        proof_fail(p, "an unknown action of MERGE");
    }
}

/* No condition above filters the source: each of its rows is acted on. */
static void check_merge(const struct proof *p, const struct proof_scope *scope,
                        const MergeStmt *merge)
{
    ListCell *cell;
    const struct catalog_relation *relation = proof_target(p, merge->relation);
    scope = proof_check_with(p, scope, merge->withClause);
    proof_check_from(p, scope, list_make1(merge->sourceRelation), NULL);
    proof_check_expression(p, scope, merge->joinCondition);
    foreach (cell, merge->mergeWhenClauses) {
        check_when(p, scope, relation, lfirst(cell));
    }
    check_returning(p, scope, merge->returningClause);
    if (!proof_has_guard(p, relation, merge->relation, merge->joinCondition)) {
        proof_fail(p, "MERGE has no guard");
    }
}

void proof_check_query(const struct proof *p, const struct proof_scope *scope, const Node *query)
{
    libpg_check_stack();
    switch ((int)nodeTag(query)) {
    case T_SelectStmt:
        proof_check_select(p, scope, (const SelectStmt *)query);
        return;
    case T_InsertStmt:
        check_insert(p, scope, (const InsertStmt *)query);
        return;
    case T_UpdateStmt:
        check_update(p, scope, (const UpdateStmt *)query);
        return;
    case T_DeleteStmt:
        check_delete(p, scope, (const DeleteStmt *)query);
        return;
    case T_MergeStmt:
        check_merge(p, scope, (const MergeStmt *)query);
        return;
    default:
        proof_fail(p, "an unknown statement");
    }
}
