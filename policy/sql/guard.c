/* SPDX-License-Identifier: Apache-2.0
 *
 * Tree building for guards. The operator is qualified, so that no user-defined `=` can capture it;
 * the value is typed, so that no user-defined cast can. A reference without an alias is named with
 * its schema, so that it binds to that relation and nothing else. */
#include "policy/sql/guard.h"

#include "nodes/makefuncs.h"
#include "nodes/value.h"

static Node *string_constant(const char *text)
{
    A_Const *constant = makeNode(A_Const);
    constant->val.sval.type = T_String;
    constant->val.sval.sval = pstrdup(text);
    constant->location = SQL_NO_LOCATION;
    return (Node *)constant;
}

static Node *cast(Node *arg, const char *type)
{
    TypeCast *made = makeNode(TypeCast);
    made->arg = arg;
    made->typeName = makeTypeNameFromNameList(
        list_make2(makeString(pstrdup("pg_catalog")), makeString(pstrdup(type))));
    made->location = SQL_NO_LOCATION;
    return (Node *)made;
}

Node *sql_tenant_value(struct sql_query *q, const struct sql_tenant_type *type)
{
    if (q->request->protocol == SQL_SIMPLE) {
        q->num_holes++;
        return cast(string_constant(q->sentinel), type->cast);
    }
    ParamRef *param = makeNode(ParamRef);
    param->location = SQL_NO_LOCATION;
    q->tenant_params = lappend(q->tenant_params, param);
    return cast((Node *)param, type->cast);
}

static Node *tenant_column(const struct sql_query *q, const RangeVar *var)
{
    ColumnRef *column = makeNode(ColumnRef);
    column->location = SQL_NO_LOCATION;
    if (var->alias != NULL) {
        column->fields = list_make1(makeString(pstrdup(var->alias->aliasname)));
    } else {
        column->fields =
            list_make2(makeString(pstrdup(var->schemaname)), makeString(pstrdup(var->relname)));
    }
    column->fields = lappend(column->fields, makeString(pstrdup(q->env->row->column)));
    return (Node *)column;
}

Node *sql_guard_predicate(struct sql_query *q, const RangeVar *var,
                          const struct sql_relation *relation)
{
    List *equals = list_make2(makeString(pstrdup("pg_catalog")), makeString(pstrdup("=")));
    A_Expr *predicate = makeA_Expr(AEXPR_OP, equals, tenant_column(q, var),
                                   sql_tenant_value(q, relation->type), SQL_NO_LOCATION);
    q->guards = lappend(q->guards, predicate);
    return (Node *)predicate;
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
    foreach (cell, q->guards) {
        A_Expr *predicate = lfirst(cell);
        A_ArrayExpr *array = makeNode(A_ArrayExpr);
        array->elements = list_make1(predicate->rexpr);
        array->location = SQL_NO_LOCATION;
        predicate->kind = AEXPR_OP_ANY;
        predicate->rexpr = (Node *)array;
    }
}
