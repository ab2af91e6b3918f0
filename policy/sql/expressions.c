/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk through expressions. The library's walker visits every field of a node it knows; a
 * node that is not in nodes.def ends the work, so a construct that a newer grammar adds is
 * refused until somebody has read about it. */
#include "policy/sql/walk.h"

#include <string.h>

#include "nodes/nodeFuncs.h"
#include "nodes/value.h"

#include "policy/sql/literal.h"
#include "policy/sql/names.h"
#include "policy/sql/node_tags.h"
#include "policy/sql/pattern.h"

#define MAX_PARAM 65535 /* Bind counts parameters in 16 bits */

struct walk {
    struct sql_query *q;
    const struct sql_level *level;
};

static bool visit(Node *node, void *context);

static void check_review(const struct walk *w, const Node *node)
{
    uint32_t since = 0;
    enum sql_node_review review = sql_node_reviewed(node, &since);
    if (review == SQL_NODE_UNREVIEWED) {
        sql_refuse(w->q, "0A000", exprLocation(node), NULL,
                   "this construct is not supported under tenant isolation");
    }
    if (since > w->q->env->catalog->server_version_num) {
        sql_refuse(w->q, "42601", exprLocation(node), NULL,
                   "the server is too old for this construct: it came with version %u",
                   since / 10000);
    }
    if (review == SQL_NODE_LATE) {
        sql_names_raises(w->q, w->level);
    }
}

static void visit_param(struct sql_query *q, const ParamRef *param)
{
    if (param->number < 1 || param->number > MAX_PARAM) {
        sql_refuse(q, "42P02", param->location, NULL, "there is no parameter $%d", param->number);
    }
    if (param->number > q->max_param) {
        q->max_param = param->number;
    }
}

static void visit_operator(struct walk *w, A_Expr *expr)
{
    switch (expr->kind) {
    case AEXPR_BETWEEN:
    case AEXPR_NOT_BETWEEN:
    case AEXPR_BETWEEN_SYM:
    case AEXPR_NOT_BETWEEN_SYM:
        return;
    case AEXPR_OP:
    case AEXPR_OP_ANY:
    case AEXPR_OP_ALL:
    case AEXPR_DISTINCT:
    case AEXPR_NOT_DISTINCT:
    case AEXPR_NULLIF:
    case AEXPR_IN:
    case AEXPR_LIKE:
    case AEXPR_ILIKE:
    case AEXPR_SIMILAR:
        break;
    }
    if (sql_names_operator(w->q, w->level, expr->name, expr->location) == SQL_OPERATOR_PATTERN &&
        !sql_pattern_guard(w->q, expr)) {
        sql_names_raises(w->q, w->level);
    }
}

/* A literal is converted before any row is read, and nothing fails to become text; anything else
 * is converted per row. */
/* The printer writes 't'::bool as true, which reads as another tree; 'true'::bool it leaves. */
static void spell_out_bool(const TypeCast *cast)
{
    A_Const *value = (A_Const *)cast->arg;
    const List *names = cast->typeName->names;
    if (!IsA(value, A_Const) || value->isnull || !IsA(&value->val, String) ||
        strcmp(strVal(llast(names)), "bool") != 0 ||
        (list_length(names) > 1 && strcmp(strVal(linitial(names)), "pg_catalog") != 0)) {
        return;
    }
    if (strcmp(value->val.sval.sval, "t") == 0) {
        value->val.sval.sval = pstrdup("true");
    } else if (strcmp(value->val.sval.sval, "f") == 0) {
        value->val.sval.sval = pstrdup("false");
    }
}

/* A constant is looked up once, and tableoid is the table itself. Anything else may be a value of a
 * row, which the error of a failed look-up would quote. */
static void note_harmless_lookup(struct walk *w, const TypeCast *cast)
{
    bool is_tableoid = false;
    if (IsA(cast->arg, ColumnRef)) {
        const List *fields = ((const ColumnRef *)cast->arg)->fields;
        is_tableoid = IsA(llast(fields), String) && strcmp(strVal(llast(fields)), "tableoid") == 0;
    }
    if (IsA(cast->arg, A_Const) || is_tableoid) {
        w->q->harmless_type = cast->typeName;
    }
}

static void visit_cast(struct walk *w, const TypeCast *cast)
{
    spell_out_bool(cast);
    note_harmless_lookup(w, cast);
    const List *names = cast->typeName->names;
    bool is_text = strcmp(strVal(llast(names)), "text") == 0 &&
                   (list_length(names) == 1 || strcmp(strVal(linitial(names)), "pg_catalog") == 0);
    if (!IsA(cast->arg, A_Const) && !(is_text && IsA(cast->arg, ParamRef))) {
        sql_names_raises(w->q, w->level);
    }
}

static void visit_sublink(struct walk *w, const SubLink *link)
{
    if (link->operName != NIL && sql_names_operator(w->q, w->level, link->operName,
                                                    link->location) == SQL_OPERATOR_PATTERN) {
        /* The planner may turn it into a join, and a pattern in it into a constant. */
        sql_refuse(w->q, "0A000", link->location, "Use ANY with an array, or a join.",
                   "LIKE with a sub-query is not supported under tenant isolation");
    }
    /* A scalar sub-query raises when it yields two rows, an array of arrays when these differ in
     * their lengths; both may depend on the outer row. */
    if (link->subLinkType == EXPR_SUBLINK || link->subLinkType == ROWCOMPARE_SUBLINK ||
        link->subLinkType == ARRAY_SUBLINK) {
        sql_names_raises(w->q, w->level);
    }
}

static bool is_no_array(const Node *node)
{
    if (!IsA(node, TypeCast)) {
        return IsA(node, A_Const);
    }
    const TypeName *type = ((const TypeCast *)node)->typeName;
    return type->arrayBounds == NIL && strVal(llast(type->names))[0] != '_';
}

/* Arrays of different lengths make no array, and that error costs the planner nothing: it comes
 * before any guard. A constant is no array, and arrays of constants fail before any row is read. */
static void visit_array(struct walk *w, const A_ArrayExpr *array)
{
    bool has_array = false;
    bool has_other = false;
    ListCell *cell;
    foreach (cell, array->elements) {
        has_array = has_array || IsA(lfirst(cell), A_ArrayExpr);
        has_other = has_other || !(IsA(lfirst(cell), A_ArrayExpr) || is_no_array(lfirst(cell)));
    }
    if (has_other) {
        sql_names_raises(w->q, w->level);
    }
    if (has_other && has_array && w->level->may_run_early) {
        sql_refuse(w->q, "0A000", array->location, NULL,
                   "an array of this form is not supported under tenant isolation here");
    }
}

/* Their errors cost the planner nothing, either, and quote what they read. */
static bool defeats_fence(const Node *node)
{
    return IsA(node, JsonParseExpr) ||
           (IsA(node, JsonObjectConstructor) && ((const JsonObjectConstructor *)node)->unique);
}

/* Every column of `(a, b) = (...)` holds the same source: it is walked once. */
static bool is_repeated(const MultiAssignRef *ref)
{
    return ref->colno != 1;
}

/* The checks of nodes that name things. Answers whether the children are still to be visited. */
static bool visit_named(struct walk *w, Node *node)
{
    switch ((int)nodeTag(node)) {
    case T_FuncCall:
        sql_names_call(w->q, w->level, (FuncCall *)node);
        return true;
    case T_ColumnRef:
        sql_names_column(w->q, w->level, (ColumnRef *)node);
        return false;
    case T_A_Indirection:
        sql_names_indirection(w->q, w->level, (A_Indirection *)node);
        return true;
    case T_TypeName:
        sql_names_type(w->q, (TypeName *)node);
        return true;
    case T_A_ArrayExpr:
        visit_array(w, (A_ArrayExpr *)node);
        return true;
    case T_A_Expr:
        visit_operator(w, (A_Expr *)node);
        return true;
    case T_SubLink:
        visit_sublink(w, (SubLink *)node);
        return true;
    case T_SortBy:
        if (((SortBy *)node)->useOp != NIL) {
            sql_names_operator(w->q, w->level, ((SortBy *)node)->useOp, exprLocation(node));
        }
        return true;
    case T_RangeTableFuncCol:
        /* The library's walker passes over the type of an XMLTABLE column. */
        if (((RangeTableFuncCol *)node)->typeName != NULL) {
            visit((Node *)((RangeTableFuncCol *)node)->typeName, w);
        }
        return true;
    case T_CollateClause:
        sql_names_collation(w->q, ((CollateClause *)node)->collname, exprLocation(node));
        return true;
    case T_IndexElem:
        sql_names_collation(w->q, ((IndexElem *)node)->collation, SQL_NO_LOCATION);
        sql_names_collation(w->q, ((IndexElem *)node)->opclass, SQL_NO_LOCATION);
        return true;
    default:
        return true;
    }
}

static bool visit_value(struct walk *w, Node *node)
{
    switch ((int)nodeTag(node)) {
    case T_ParamRef:
        visit_param(w->q, (ParamRef *)node);
        return false;
    case T_A_Const:
        sql_literal_normalise(w->q, (A_Const *)node);
        return false;
    case T_TypeCast:
        visit_cast(w, (TypeCast *)node);
        return true;
    case T_MultiAssignRef:
        return !is_repeated((MultiAssignRef *)node);
    default:
        return visit_named(w, node);
    }
}

static bool visit(Node *node, void *context)
{
    struct walk *w = context;
    if (node == NULL) {
        return false;
    }
    if (IsA(node, SelectStmt)) {
        sql_walk_select(w->q, w->level, (SelectStmt *)node, SQL_SELECT_INSIDE);
        return false;
    }
    if (IsA(node, CurrentOfExpr)) {
        sql_refuse(w->q, "42501", SQL_NO_LOCATION, NULL,
                   "WHERE CURRENT OF is not supported under tenant isolation");
    }
    check_review(w, node);
    if (defeats_fence(node) && w->level->may_run_early) {
        sql_refuse(w->q, "0A000", exprLocation(node), NULL,
                   "this construct is supported in the output of a query only");
    }
    if (!visit_value(w, node)) {
        return false;
    }
    return raw_expression_tree_walker(node, visit, w);
}

/* raw_expression_tree_walker takes what it only reads as not const, and visit rewrites. */
void sql_walk_expression(struct sql_query *q, const struct sql_level *level, const void *node)
{
    struct walk w = {.q = q, .level = level};
    union {
        const void *in;
        Node *out;
    } subject = {.in = node};
    libpg_check_stack();
    visit(subject.out, &w);
}
