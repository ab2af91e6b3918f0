/* SPDX-License-Identifier: Apache-2.0
 *
 * A LIKE pattern that ends in a lone backslash raises an error as soon as some value matches what
 * stands before it. The fence does not help: to estimate how many rows match, the planner runs the
 * operator over the column's most common values, which are all tenants', while it plans (verified
 * on PostgreSQL 15; only RLS and missing privileges stop it). So such a pattern must never reach a
 * planner that knows its value:
 *
 *   constant      checked here, and typed text, so that it is the text that was checked
 *   $n            typed text, and checked at Bind
 *   ARRAY[...]    of those, under ANY and ALL: each element
 *   all the rest  in a scalar sub-select, which the planner does not evaluate: (SELECT pattern).
 *                 A column is no exception: a sub-query's may turn out to be a constant */
#include "policy/sql/pattern.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"

#include "policy/sql/operators.h"

static Node *typed(Node *value, const char *type, bool is_array)
{
    TypeCast *cast = makeNode(TypeCast);
    cast->arg = value;
    cast->typeName = makeTypeNameFromNameList(
        list_make2(makeString(pstrdup("pg_catalog")), makeString(pstrdup(type))));
    if (is_array) {
        cast->typeName->arrayBounds = list_make1(makeInteger(-1));
    }
    cast->location = SQL_NO_LOCATION;
    return (Node *)cast;
}

static bool is_text(const TypeName *type)
{
    bool is_builtin =
        list_length(type->names) == 1 ||
        (list_length(type->names) == 2 && strcmp(strVal(linitial(type->names)), "pg_catalog") == 0);
    return is_builtin && type->arrayBounds == NIL && !type->setof && !type->pct_type &&
           strcmp(strVal(llast(type->names)), "text") == 0;
}

/* The operand below casts to text, which keep the pattern as it is. */
static Node *without_cast(Node *pattern)
{
    while (IsA(pattern, TypeCast)) {
        const TypeCast *cast = (const TypeCast *)pattern;
        if (!is_text(cast->typeName)) {
            break;
        }
        pattern = cast->arg;
    }
    return pattern;
}

static void check_constant(const struct sql_query *q, const A_Const *constant)
{
    if (constant->isnull || !IsA(&constant->val, String)) {
        return; /* NULL matches nothing; a number is the server's error */
    }
    if (!sql_pattern_never_raises(slice_text(constant->val.sval.sval))) {
        sql_refuse(q, "22025", constant->location, NULL,
                   "LIKE pattern must not end with escape character");
    }
}

/* The pattern with its type, if it is a constant or a parameter; else NULL. */
static Node *guard_value(struct sql_query *q, Node *pattern)
{
    Node *value = without_cast(pattern);
    if (IsA(value, A_Const)) {
        check_constant(q, (const A_Const *)value);
        return typed(value, "text", false);
    }
    if (IsA(value, ParamRef)) {
        q->pattern_params =
            lappend(q->pattern_params, makeInteger(((const ParamRef *)value)->number));
        return typed(value, "text", false);
    }
    return NULL;
}

/* Inside a sub-select these would be computed over nothing instead of over the outer rows. */
static bool belongs_to_its_level(Node *node, void *context)
{
    if (node == NULL || IsA(node, SelectStmt)) {
        return false;
    }
    if (IsA(node, FuncCall)) {
        const FuncCall *call = (const FuncCall *)node;
        if (call->agg_star || call->over != NULL || call->agg_within_group) {
            return true;
        }
    }
    return raw_expression_tree_walker(node, belongs_to_its_level, context);
}

static Node *in_sub_select(const struct sql_query *q, Node *pattern)
{
    if (belongs_to_its_level(pattern, NULL)) {
        sql_refuse(q, "0A000", exprLocation(pattern),
                   "Compute the pattern in a sub-query of its own.",
                   "this LIKE pattern is not supported under tenant isolation");
    }
    ResTarget *target = makeNode(ResTarget);
    target->val = pattern;
    target->location = SQL_NO_LOCATION;
    SelectStmt *select = makeNode(SelectStmt);
    select->targetList = list_make1(target);
    SubLink *link = makeNode(SubLink);
    link->subLinkType = EXPR_SUBLINK;
    link->subselect = (Node *)select;
    link->location = SQL_NO_LOCATION;
    return (Node *)link;
}

/* The elements of ARRAY[...], if they are all constants and parameters. */
static bool guard_elements(struct sql_query *q, A_ArrayExpr *array)
{
    ListCell *cell;
    foreach (cell, array->elements) {
        Node *guarded = guard_value(q, lfirst(cell));
        if (guarded == NULL) {
            return false;
        }
        lfirst(cell) = guarded;
    }
    return true;
}

bool sql_pattern_guard(struct sql_query *q, A_Expr *expr)
{
    if (expr->kind == AEXPR_OP_ANY || expr->kind == AEXPR_OP_ALL) {
        Node *pattern = expr->rexpr;
        if (IsA(pattern, A_ArrayExpr) && guard_elements(q, (A_ArrayExpr *)pattern)) {
            return true;
        }
        /* Typed twice: the inner one tells a parameter's type, the outer one keeps the grammar
         * from reading ANY (SELECT ...), which is another thing. */
        expr->rexpr = typed(in_sub_select(q, typed(pattern, "text", true)), "text", true);
        return false;
    }
    Node **place = &expr->rexpr;
    while (IsA(*place, CollateClause)) {
        place = &((CollateClause *)*place)->arg;
    }
    Node *guarded = guard_value(q, *place);
    *place = guarded != NULL ? guarded : in_sub_select(q, *place);
    return guarded != NULL;
}
