/* SPDX-License-Identifier: Apache-2.0
 *
 * Tree building for guards. The operator is qualified, so that no user-defined `=` can capture it;
 * the value is typed, so that no user-defined cast can. A reference without an alias is named with
 * its schema, so that it binds to that relation and nothing else. */
#include "policy/sql/guard.h"

#include "nodes/makefuncs.h"
#include "nodes/value.h"

/* Names in nodes are not const, but nobody changes them: one copy serves all. */
static String *name_node(const char *name)
{
    union {
        const char *in;
        char *out;
    } shared = {.in = name};
    return makeString(shared.out);
}

static Node *sentinel_constant(struct sql_query *q)
{
    A_Const *constant = makeNode(A_Const);
    constant->val.sval.type = T_String;
    constant->val.sval.sval = q->sentinel;
    constant->location = SQL_NO_LOCATION;
    return (Node *)constant;
}

/* The parameter has the column's own type. A conversion would cost the planner more than a user's
 * expression does, and in a generic plan, which cannot fold it, run after that (verified on
 * PostgreSQL 15). */
static void note_added_type(struct sql_query *q, const struct sql_tenant_type *type)
{
    if (q->added_type == 0) {
        q->added_type = type->cast_oid;
    } else if (q->added_type != type->cast_oid) {
        q->added_type_differs = true;
    }
}

static Node *added_param(struct sql_query *q)
{
    ParamRef *param = makeNode(ParamRef);
    param->location = SQL_NO_LOCATION;
    q->tenant_params = lappend(q->tenant_params, param);
    return (Node *)param;
}

/* The same node stands wherever a value of this type does: a bulk INSERT has thousands. */
Node *sql_tenant_value(struct sql_query *q, const struct sql_tenant_type *type)
{
    bool is_literal = q->uses_literals;
    q->num_holes += is_literal ? 1 : 0;
    if (q->value != NULL && q->value_type == type) {
        return q->value;
    }
    if (!is_literal) {
        note_added_type(q, type);
    }
    TypeCast *cast = makeNode(TypeCast);
    cast->arg = is_literal ? sentinel_constant(q) : added_param(q);
    cast->typeName =
        makeTypeNameFromNameList(list_make2(name_node("pg_catalog"), name_node(type->cast)));
    cast->location = SQL_NO_LOCATION;
    q->value = (Node *)cast;
    q->value_type = type;
    return q->value;
}

static Node *tenant_column(const struct sql_query *q, const RangeVar *var)
{
    ColumnRef *column = makeNode(ColumnRef);
    column->location = SQL_NO_LOCATION;
    if (var->alias != NULL) {
        column->fields = list_make1(name_node(var->alias->aliasname));
    } else {
        column->fields = list_make2(name_node(var->schemaname), name_node(var->relname));
    }
    column->fields = lappend(column->fields, name_node(q->env->row->column));
    return (Node *)column;
}

Node *sql_guard_predicate(struct sql_query *q, const RangeVar *var,
                          const struct sql_relation *relation)
{
    List *equals = list_make2(name_node("pg_catalog"), name_node("="));
    A_Expr *predicate = makeA_Expr(AEXPR_OP, equals, tenant_column(q, var),
                                   sql_tenant_value(q, relation->type), SQL_NO_LOCATION);
    q->guards = lappend(q->guards, predicate);
    return (Node *)predicate;
}

bool sql_guards_are_wanted(const struct sql_query *q)
{
    return q->env->row->enforce != ENFORCE_RLS;
}

List *sql_guard_target(struct sql_query *q, const RangeVar *var,
                       const struct sql_relation *relation, List *predicates)
{
    return sql_guards_are_wanted(q) ? lcons(sql_guard_predicate(q, var, relation), predicates)
                                    : predicates;
}

Node *sql_guard_condition(List *predicates, Node *old)
{
    if (predicates == NIL) {
        return old;
    }
    List *all = old != NULL ? lappend(predicates, old) : predicates;
    if (list_length(all) == 1) {
        return linitial(all);
    }
    return (Node *)makeBoolExpr(AND_EXPR, all, SQL_NO_LOCATION);
}

Node *sql_guard_join(struct sql_query *q, Node *item, Node *predicate)
{
    RangeSubselect *nothing = makeNode(RangeSubselect);
    nothing->subquery = (Node *)makeNode(SelectStmt);
    nothing->alias = makeAlias(psprintf("%s%u", q->guard_prefix, ++q->num_aliases), NIL);
    JoinExpr *join = makeNode(JoinExpr);
    join->jointype = JOIN_INNER;
    join->larg = item;
    join->rarg = (Node *)nothing;
    join->quals = predicate;
    return (Node *)join;
}

static List *star(void)
{
    ColumnRef *all = makeNode(ColumnRef);
    all->fields = list_make1(makeNode(A_Star));
    all->location = SQL_NO_LOCATION;
    ResTarget *target = makeNode(ResTarget);
    target->val = (Node *)all;
    target->location = SQL_NO_LOCATION;
    return list_make1(target);
}

Node *sql_guard_wrap(struct sql_query *q, Node *item, RangeVar *var,
                     const struct sql_relation *relation)
{
    RangeSubselect *wrapped = makeNode(RangeSubselect);
    wrapped->alias = var->alias;
    var->alias = NULL;
    SelectStmt *select = makeNode(SelectStmt);
    select->targetList = star();
    select->fromClause = list_make1(item);
    select->whereClause = sql_guard_predicate(q, var, relation);
    wrapped->subquery = (Node *)select;
    return (Node *)wrapped;
}

static bool needs_fence(const struct sql_query *q)
{
    switch (q->env->row->fence) {
    case FENCE_ALWAYS:
        return true;
    case FENCE_NEVER:
        return false;
    case FENCE_AUTO:
        break;
    }
    return q->raising;
}

void sql_guard_fence(struct sql_query *q)
{
    ListCell *cell;
    if (!needs_fence(q)) {
        return;
    }
    if (q->added_type_differs && q->raising) {
        sql_refuse(q, "0A000", SQL_NO_LOCATION,
                   "Use the simple protocol, or tables whose tenant columns have one type.",
                   "tenant columns of several types cannot be kept apart here");
    }
    foreach (cell, q->guards) {
        A_Expr *predicate = lfirst(cell);
        A_ArrayExpr *array = makeNode(A_ArrayExpr);
        array->elements = list_make1(predicate->rexpr);
        array->location = SQL_NO_LOCATION;
        predicate->kind = AEXPR_OP_ANY;
        predicate->rexpr = (Node *)array;
    }
}
