/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements that change rows, and the entry of the checker. A new row must hold the tenant's
 * value at the tenant column, wherever it comes from; a changed or deleted row must be guarded. */
#include "policy/sql/proof.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/proof_parts.h"

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

static void check_update(const struct proof *p, const struct proof_scope *scope,
                         const UpdateStmt *update)
{
    const struct catalog_relation *relation = proof_target(p, update->relation);
    scope = proof_check_with(p, scope, update->withClause);
    check_set(p, scope, relation, update->targetList);
    proof_check_from(p, scope, update->fromClause, update->whereClause);
    proof_check_expression(p, scope, update->whereClause);
    check_returning(p, scope, update->returningClause);
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
    proof_check_expression(p, scope, delete->whereClause);
    check_returning(p, scope, delete->returningClause);
    if (!proof_has_guard(p, relation, delete->relation, delete->whereClause)) {
        proof_fail(p, "DELETE has no guard");
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
    default:
        proof_fail(p, "an unknown statement");
    }
}

static bool is_about_session(const Node *statement)
{
    return IsA(statement, TransactionStmt) || IsA(statement, VariableSetStmt) ||
           IsA(statement, VariableShowStmt) || IsA(statement, DiscardStmt) ||
           IsA(statement, DeallocateStmt);
}

void sql_proof_check(struct sql_query *q, const List *statements)
{
    struct proof p = {.q = q};
    ListCell *cell;
    foreach (cell, statements) {
        const Node *statement = ((const RawStmt *)lfirst(cell))->stmt;
        if (!is_about_session(statement)) {
            proof_check_query(&p, NULL, statement);
        }
    }
}
