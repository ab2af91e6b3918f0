/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries: scopes, FROM, and every expression. A guard in WHERE counts only for a reference that
 * WHERE reaches undisturbed; everywhere else the guard must sit directly on the reference. */
#include "policy/sql/proof_parts.h"

#include <string.h>

#include "nodes/nodeFuncs.h"
#include "nodes/value.h"

#include "policy/sql/node_tags.h"

struct expression_walk {
    const struct proof *p;
    const struct proof_scope *scope;
};

/* What stands above a FROM item. */
struct above {
    const struct proof *p;
    const struct proof_scope *scope;
    const Node *where; /* NULL where it does not filter the item itself */
};

static bool visit(Node *node, void *context)
{
    const struct expression_walk *w = context;
    uint32_t since = 0;
    if (node == NULL) {
        return false;
    }
    if (IsA(node, SelectStmt)) {
        proof_check_select(w->p, w->scope, (const SelectStmt *)node);
        return false;
    }
    if (sql_node_reviewed(node, &since) == SQL_NODE_UNREVIEWED) {
        proof_fail(w->p, "a node was never reviewed");
    }
    if (IsA(node, FuncCall)) {
        proof_check_call(w->p, (const FuncCall *)node);
    }
    return raw_expression_tree_walker(node, visit, context);
}

void proof_check_expression(const struct proof *p, const struct proof_scope *scope,
                            const void *node)
{
    struct expression_walk w = {.p = p, .scope = scope};
    union {
        const void *in;
        Node *out;
    } subject = {.in = node};
    libpg_check_stack();
    visit(subject.out, &w);
}

static const struct proof_scope *with_name(const struct proof_scope *scope, const char *name)
{
    struct proof_scope *added = palloc(sizeof(*added));
    *added = (struct proof_scope){.next = scope, .name = name};
    return added;
}

const struct proof_scope *proof_check_with(const struct proof *p, const struct proof_scope *scope,
                                           const WithClause *with)
{
    ListCell *cell;
    if (with == NULL) {
        return scope;
    }
    const struct proof_scope *all = scope;
    foreach (cell, with->ctes) {
        all = with_name(all, ((const CommonTableExpr *)lfirst(cell))->ctename);
    }
    const struct proof_scope *earlier = scope;
    foreach (cell, with->ctes) {
        const CommonTableExpr *cte = lfirst(cell);
        const struct proof_scope *inside = with->recursive ? all : earlier;
        proof_check_query(p, inside, cte->ctequery);
        if (cte->cycle_clause != NULL) {
            proof_check_expression(p, inside, cte->cycle_clause->cycle_mark_value);
            proof_check_expression(p, inside, cte->cycle_clause->cycle_mark_default);
        }
        earlier = with_name(earlier, cte->ctename);
    }
    return all;
}

static void check_reference(const struct above *above, const RangeVar *var)
{
    const struct catalog_relation *relation = proof_tenant_relation(above->p, above->scope, var);
    if (relation == NULL) {
        return;
    }
    if (above->p->q->env->row->enforce != ENFORCE_RLS && var->alias != NULL &&
        var->alias->colnames != NIL) {
        proof_fail(above->p, "a reference renames its columns");
    }
    if (!proof_has_guard(above->p, relation, var, above->where)) {
        proof_fail(above->p, "a reference to a tenant relation has no guard");
    }
}

/* The reference in a FROM item that is one, sampled or not; NULL for any other item. */
static const RangeVar *reference_in(const Node *item)
{
    if (IsA(item, RangeTableSample)) {
        item = ((const RangeTableSample *)item)->relation;
    }
    return IsA(item, RangeVar) ? (const RangeVar *)item : NULL;
}

static bool is_nothing(const Node *item)
{
    if (!IsA(item, RangeSubselect)) {
        return false;
    }
    return equal(((const RangeSubselect *)item)->subquery, makeNode(SelectStmt));
}

/* `reference JOIN (SELECT) AS _rfN ON guard`: the ON condition filters the reference itself. */
static bool is_guarded_join(const JoinExpr *join)
{
    return join->jointype == JOIN_INNER && !join->isNatural && join->usingClause == NIL &&
           join->join_using_alias == NULL && join->alias == NULL &&
           reference_in(join->larg) != NULL && is_nothing(join->rarg);
}

static void check_item(const struct above *above, const Node *item);

static void check_join(const struct above *above, const JoinExpr *join)
{
    struct above left = *above;
    struct above right = *above;
    bool hides = join->alias != NULL || join->join_using_alias != NULL || join->isNatural ||
                 join->usingClause != NIL;
    libpg_check_stack();
    if (is_guarded_join(join)) {
        left.where = join->quals;
    } else if (hides || join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL) {
        left.where = NULL;
    }
    if (hides || join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL) {
        right.where = NULL;
    }
    check_item(&left, join->larg);
    check_item(&right, join->rarg);
    proof_check_expression(above->p, above->scope, join->quals);
}

static void check_function(const struct above *above, const RangeFunction *function)
{
    ListCell *cell;
    foreach (cell, function->functions) {
        proof_check_expression(above->p, above->scope, lfirst(cell));
    }
    proof_check_expression(above->p, above->scope, function->coldeflist);
}

static void check_item(const struct above *above, const Node *item)
{
    switch ((int)nodeTag(item)) {
    case T_RangeVar:
        check_reference(above, (const RangeVar *)item);
        return;
    case T_RangeTableSample:
        if (reference_in(item) == NULL) {
            proof_fail(above->p, "a sample of something that is no table");
        }
        check_reference(above, reference_in(item));
        proof_check_expression(above->p, above->scope, ((const RangeTableSample *)item)->args);
        proof_check_expression(above->p, above->scope,
                               ((const RangeTableSample *)item)->repeatable);
        return;
    case T_JoinExpr:
        check_join(above, (const JoinExpr *)item);
        return;
    case T_RangeSubselect:
        proof_check_expression(above->p, above->scope, ((const RangeSubselect *)item)->subquery);
        return;
    case T_RangeFunction:
        check_function(above, (const RangeFunction *)item);
        return;
    case T_RangeTableFunc:
        proof_check_expression(above->p, above->scope, item);
        return;
    default:
        proof_fail(above->p, "an unknown item in FROM");
    }
}

/* Names under which WHERE sees undisturbed references: each must be there once only, or a guard
 * for one of them would be taken for a guard of the other. */
static void collect_names(const struct proof *p, const Node *item, List **names)
{
    ListCell *cell;
    libpg_check_stack();
    if (IsA(item, JoinExpr)) {
        if (((const JoinExpr *)item)->alias == NULL) {
            collect_names(p, ((const JoinExpr *)item)->larg, names);
            collect_names(p, ((const JoinExpr *)item)->rarg, names);
        }
        return;
    }
    const RangeVar *var = reference_in(item);
    if (var == NULL || var->alias == NULL) {
        return;
    }
    foreach (cell, *names) {
        if (strcmp(lfirst(cell), var->alias->aliasname) == 0) {
            proof_fail(p, "a name in FROM is there twice");
        }
    }
    *names = lappend(*names, var->alias->aliasname);
}

void proof_check_from(const struct proof *p, const struct proof_scope *scope, const List *from,
                      const Node *where)
{
    struct above above = {.p = p, .scope = scope, .where = where};
    List *names = NIL;
    ListCell *cell;
    foreach (cell, from) {
        check_item(&above, lfirst(cell));
        collect_names(p, lfirst(cell), &names);
    }
}

void proof_check_select(const struct proof *p, const struct proof_scope *scope,
                        const SelectStmt *select)
{
    libpg_check_stack();
    if (select->intoClause != NULL) {
        proof_fail(p, "SELECT INTO");
    }
    scope = proof_check_with(p, scope, select->withClause);
    if (select->op != SETOP_NONE) {
        proof_check_select(p, scope, select->larg);
        proof_check_select(p, scope, select->rarg);
    }
    proof_check_from(p, scope, select->fromClause, select->whereClause);
    const void *const parts[] = {
        select->targetList,   select->valuesLists, select->sortClause,
        select->windowClause, select->limitOffset, select->limitCount,
        select->groupClause,  select->whereClause, select->havingClause,
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        proof_check_expression(p, scope, parts[i]);
    }
    if (select->distinctClause != NIL && linitial(select->distinctClause) != NULL) {
        proof_check_expression(p, scope, select->distinctClause);
    }
}
