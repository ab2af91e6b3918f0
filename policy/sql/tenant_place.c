/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's value never reaches the tenant column: what is emitted there is always the proxy's
 * own value. The client's is compared with it, so that a wrong one is an error and not silently
 * corrected. A parameter stays in the text, `CASE WHEN true THEN <tenant> ELSE $n END`, because
 * the server must still see its type. */
#include "policy/sql/tenant_place.h"

#include <string.h>

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"

#include "policy/sql/guard.h"
#include "policy/sql/star.h"

bool pg_query_raw_tree_walker_supports(Node *node);

pg_noreturn static void refuse_value(const struct sql_query *q, int location)
{
    sql_refuse(q, "42501", location, "Leave the column out, or give it the session's tenant.",
               "column \"%s\" may only hold the session's tenant", q->env->row->column);
}

static const char *text_of(const struct sql_query *q, const A_Const *constant)
{
    if (!constant->isnull) {
        switch ((int)nodeTag(&constant->val)) {
        case T_String:
            return constant->val.sval.sval;
        case T_Integer:
            return psprintf("%d", constant->val.ival.ival);
        case T_Float:
            return constant->val.fval.fval;
        default:
            break;
        }
    }
    refuse_value(q, constant->location);
}

static void expect_constant(struct sql_query *q, const struct sql_relation *relation,
                            const A_Const *constant)
{
    const char *text = text_of(q, constant);
    if (q->expected == NULL) {
        q->expected = text;
        q->expected_type = relation->type;
        q->expected_location = constant->location;
    } else if (strcmp(q->expected, text) != 0 || q->expected_type != relation->type) {
        refuse_value(q, constant->location);
    }
}

static void expect_param(struct sql_query *q, const struct sql_relation *relation,
                         const ParamRef *param)
{
    size_t index = (size_t)param->number - 1;
    if (index < q->request->num_param_types &&
        !sql_tenant_type_accepts(relation->type, q->request->param_types[index])) {
        refuse_value(q, param->location);
    }
    q->bind_params = lappend(q->bind_params, makeInteger(param->number));
    q->bind_types = lappend(q->bind_types, (void *)(uintptr_t)relation->type);
}

/* The value under any casts: `'acme'::text`, `$1::uuid`. */
static Node *without_casts(Node *node)
{
    while (node != NULL && IsA(node, TypeCast)) {
        node = ((TypeCast *)node)->arg;
    }
    return node;
}

/* Parameters must stay in the text to keep their types; so must aggregates, which make one row of
 * many. */
static bool must_stay(Node *node, void *context)
{
    if (node == NULL) {
        return false;
    }
    if (IsA(node, ParamRef) || IsA(node, FuncCall) || !pg_query_raw_tree_walker_supports(node)) {
        return true;
    }
    return raw_expression_tree_walker(node, must_stay, context);
}

/* Guards inside an expression that is dropped are dropped with it. */
static bool forget_holes(Node *node, void *context)
{
    struct sql_query *q = context;
    if (node == NULL || !pg_query_raw_tree_walker_supports(node)) {
        return false;
    }
    if (IsA(node, A_Const)) {
        const A_Const *constant = (const A_Const *)node;
        bool is_hole = !constant->isnull && IsA(&constant->val, String) &&
                       constant->val.sval.sval == q->sentinel;
        q->num_holes -= is_hole ? 1 : 0;
        return false;
    }
    return raw_expression_tree_walker(node, forget_holes, context);
}

static Node *constant_true(void)
{
    A_Const *constant = makeNode(A_Const);
    constant->val.boolval.type = T_Boolean;
    constant->val.boolval.boolval = true;
    constant->location = SQL_NO_LOCATION;
    return (Node *)constant;
}

/* The server folds this to value before it runs, and so never evaluates old. */
static Node *instead_of(Node *value, Node *old)
{
    CaseWhen *when = makeNode(CaseWhen);
    when->expr = (Expr *)constant_true();
    when->result = (Expr *)value;
    when->location = SQL_NO_LOCATION;
    CaseExpr *made = makeNode(CaseExpr);
    made->args = list_make1(when);
    made->defresult = (Expr *)old;
    made->location = SQL_NO_LOCATION;
    return (Node *)made;
}

Node *sql_tenant_place_new(struct sql_query *q, const struct sql_relation *relation, Node *old)
{
    Node *bare = without_casts(old);
    Node *value = sql_tenant_value(q, relation->type);
    if (IsA(bare, A_Const)) {
        expect_constant(q, relation, (A_Const *)bare);
        return value;
    }
    if (IsA(bare, ParamRef)) {
        expect_param(q, relation, (ParamRef *)bare);
        return instead_of(value, old);
    }
    if (must_stay(old, NULL)) {
        return instead_of(value, old);
    }
    forget_holes(old, q);
    return value;
}

/* SET is stricter: only a constant or a parameter can be meant as "leave it as it is". */
static Node *place_set(struct sql_query *q, const struct sql_relation *relation, Node *old,
                       int location)
{
    Node *bare = without_casts(old);
    if (!IsA(bare, A_Const) && !IsA(bare, ParamRef)) {
        refuse_value(q, location);
    }
    return sql_tenant_place_new(q, relation, old);
}

/* `(a, tenant) = (1, 'acme')` or `= ROW(...)`: the element that belongs to the column. */
static void place_multi(struct sql_query *q, const struct sql_relation *relation,
                        const MultiAssignRef *ref, int location)
{
    if (!IsA(ref->source, RowExpr)) {
        refuse_value(q, location);
    }
    const RowExpr *row = (const RowExpr *)ref->source;
    /* A star among them would move what follows it to other columns. */
    if (ref->colno < 1 || ref->colno > list_length(row->args) || sql_star_is_in(row->args)) {
        refuse_value(q, location);
    }
    ListCell *cell = list_nth_cell(row->args, ref->colno - 1);
    lfirst(cell) = place_set(q, relation, lfirst(cell), location);
}

void sql_tenant_place_set(struct sql_query *q, const struct sql_relation *relation, List *targets)
{
    ListCell *cell;
    foreach (cell, targets) {
        ResTarget *target = lfirst(cell);
        if (strcmp(target->name, relation->column->name) != 0) {
            continue;
        }
        if (target->indirection != NIL) {
            refuse_value(q, target->location);
        }
        if (IsA(target->val, MultiAssignRef)) {
            place_multi(q, relation, (MultiAssignRef *)target->val, target->location);
        } else {
            target->val = place_set(q, relation, target->val, target->location);
        }
    }
}
