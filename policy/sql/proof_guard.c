/* SPDX-License-Identifier: Apache-2.0
 *
 * Recognises what keeps a tenant in: the value, the predicate, the names. Accepts the exact shapes
 * that are known to work and nothing that merely looks like them. */
#include "policy/sql/proof_parts.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/catalog/catalog.h"
#include "policy/sql/functions.h"
#include "policy/sql/settings.h"
#include "policy/sql/system.h"

void proof_fail(const struct proof *p, const char *what)
{
    sql_refuse(p->q, "0A000", SQL_NO_LOCATION, NULL, "not proved: %s", what);
}

static bool is_listed(char *const *list, size_t num, const char *schema, const char *name)
{
    const char *full = psprintf("%s.%s", schema, name);
    for (size_t i = 0; i < num; i++) {
        if (strcmp(list[i], full) == 0) {
            return true;
        }
    }
    return false;
}

static const struct catalog_relation *known_relation(const struct proof *p, const RangeVar *var)
{
    if (var->catalogname != NULL || var->schemaname == NULL) {
        proof_fail(p, "a relation is not qualified");
    }
    const struct catalog_relation *relation =
        catalog_find(p->q->env->catalog, var->schemaname, var->relname);
    if (relation == NULL) {
        proof_fail(p, "a relation is not in the catalogue");
    }
    const struct config_row *row = p->q->env->row;
    bool is_table = relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED ||
                    relation->kind == RELATION_PARTITION;
    bool is_view = relation->kind == RELATION_VIEW || relation->kind == RELATION_MATVIEW;
    if (!is_table &&
        !(is_view && is_listed(row->views, row->num_views, relation->schema, relation->name))) {
        proof_fail(p, "a relation is not a table");
    }
    return relation;
}

const struct catalog_relation *proof_tenant_relation(const struct proof *p,
                                                     const struct proof_scope *scope,
                                                     const RangeVar *var)
{
    const struct config_row *row = p->q->env->row;
    for (; var->schemaname == NULL && scope != NULL; scope = scope->next) {
        if (strcmp(scope->name, var->relname) == 0) {
            return NULL;
        }
    }
    if (var->schemaname != NULL && sql_system_has(var)) {
        if (!sql_system_may_read(row, var->schemaname, var->relname)) {
            proof_fail(p, "a system catalogue may not be read");
        }
        return NULL;
    }
    const struct catalog_relation *relation = known_relation(p, var);
    bool has_column = catalog_column_find(relation, row->column) != NULL;
    if (is_listed(row->shared, row->num_shared, relation->schema, relation->name)) {
        if (has_column) {
            proof_fail(p, "a shared relation has the tenant column");
        }
        return NULL;
    }
    if (!has_column) {
        proof_fail(p, "a relation has no tenant column");
    }
    if (row->enforce != ENFORCE_REWRITE && !relation->is_row_secure) {
        proof_fail(p, "row security does not hold for a relation");
    }
    return relation;
}

const struct catalog_relation *proof_target(const struct proof *p, const RangeVar *var)
{
    const struct catalog_relation *relation = proof_tenant_relation(p, NULL, var);
    if (relation == NULL) {
        proof_fail(p, "a shared relation is changed");
    }
    if (relation->kind == RELATION_VIEW || relation->kind == RELATION_MATVIEW) {
        proof_fail(p, "a view is changed");
    }
    return relation;
}

static bool is_pg_catalog(const List *names, const char *last)
{
    return list_length(names) == 2 && strcmp(strVal(linitial(names)), "pg_catalog") == 0 &&
           strcmp(strVal(lsecond(names)), last) == 0;
}

static bool is_sentinel(const struct proof *p, const Node *node)
{
    if (!IsA(node, A_Const)) {
        return false;
    }
    const A_Const *constant = (const A_Const *)node;
    return p->q->uses_literals && !constant->isnull && IsA(&constant->val, String) &&
           strcmp(constant->val.sval.sval, p->q->sentinel) == 0;
}

static bool is_added_param(const struct proof *p, const Node *node)
{
    return !p->q->uses_literals && IsA(node, ParamRef) &&
           ((const ParamRef *)node)->number == p->q->max_param + 1;
}

bool proof_is_value(const struct proof *p, const struct catalog_relation *relation,
                    const Node *node)
{
    const struct catalog_column *column = catalog_column_find(relation, p->q->env->row->column);
    const struct sql_tenant_type *type = sql_tenant_type_find(column->type_oid);
    if (type == NULL || node == NULL || !IsA(node, TypeCast)) {
        return false;
    }
    const TypeCast *cast = (const TypeCast *)node;
    return is_pg_catalog(cast->typeName->names, type->cast) && cast->typeName->typmods == NIL &&
           cast->typeName->arrayBounds == NIL &&
           (is_sentinel(p, cast->arg) || is_added_param(p, cast->arg));
}

static bool is_true(const Node *node)
{
    if (!IsA(node, A_Const)) {
        return false;
    }
    const A_Const *constant = (const A_Const *)node;
    return !constant->isnull && IsA(&constant->val, Boolean) && constant->val.boolval.boolval;
}

bool proof_is_forced_value(const struct proof *p, const struct catalog_relation *relation,
                           const Node *node)
{
    if (node == NULL || !IsA(node, CaseExpr)) {
        return proof_is_value(p, relation, node);
    }
    const CaseExpr *choice = (const CaseExpr *)node;
    if (choice->arg != NULL || list_length(choice->args) != 1) {
        return false;
    }
    const CaseWhen *when = linitial(choice->args);
    return is_true((const Node *)when->expr) &&
           proof_is_value(p, relation, (const Node *)when->result);
}

/* `alias.column`, or `schema.table.column` where there is no alias. */
static bool is_column_of(const struct proof *p, const RangeVar *var, const Node *node)
{
    if (!IsA(node, ColumnRef)) {
        return false;
    }
    const List *fields = ((const ColumnRef *)node)->fields;
    int num_fields = var->alias != NULL ? 2 : 3;
    ListCell *cell;
    foreach (cell, fields) {
        if (!IsA(lfirst(cell), String)) {
            return false;
        }
    }
    if (list_length(fields) != num_fields ||
        strcmp(strVal(llast(fields)), p->q->env->row->column) != 0) {
        return false;
    }
    if (var->alias != NULL) {
        return strcmp(strVal(linitial(fields)), var->alias->aliasname) == 0;
    }
    return strcmp(strVal(linitial(fields)), var->schemaname) == 0 &&
           strcmp(strVal(lsecond(fields)), var->relname) == 0;
}

static bool is_guard(const struct proof *p, const struct catalog_relation *relation,
                     const RangeVar *var, const Node *node)
{
    if (!IsA(node, A_Expr)) {
        return false;
    }
    const A_Expr *expr = (const A_Expr *)node;
    if (!is_pg_catalog(expr->name, "=") || expr->lexpr == NULL || expr->rexpr == NULL ||
        !is_column_of(p, var, expr->lexpr)) {
        return false;
    }
    if (expr->kind == AEXPR_OP) {
        return proof_is_value(p, relation, expr->rexpr);
    }
    if (expr->kind != AEXPR_OP_ANY || !IsA(expr->rexpr, A_ArrayExpr)) {
        return false;
    }
    const List *elements = ((const A_ArrayExpr *)expr->rexpr)->elements;
    return list_length(elements) == 1 && proof_is_value(p, relation, linitial(elements));
}

bool proof_has_guard(const struct proof *p, const struct catalog_relation *relation,
                     const RangeVar *var, const Node *condition)
{
    ListCell *cell;
    libpg_check_stack();
    if (p->q->env->row->enforce == ENFORCE_RLS) {
        return true; /* the relation's policies are the guard */
    }
    if (condition == NULL) {
        return false;
    }
    if (!IsA(condition, BoolExpr) || ((const BoolExpr *)condition)->boolop != AND_EXPR) {
        return is_guard(p, relation, var, condition);
    }
    foreach (cell, ((const BoolExpr *)condition)->args) {
        if (is_guard(p, relation, var, lfirst(cell))) {
            return true;
        }
    }
    return false;
}

static bool is_allowed_class(const struct proof *p, enum sql_function_class class)
{
    enum config_metadata metadata = p->q->env->row->metadata;
    if (class == SQL_FUNCTION_METADATA) {
        return metadata != METADATA_STRICT;
    }
    if (class == SQL_FUNCTION_COUNTS) {
        return metadata == METADATA_OPEN;
    }
    return class == SQL_FUNCTION_SAFE || class == SQL_FUNCTION_RAISING ||
           class == SQL_FUNCTION_SETTING;
}

/* unnest over several arrays, which the server knows unqualified only: nobody else's unnest may
 * be in reach of the search path. */
static bool is_unnest_of_several(const struct proof *p, const FuncCall *call)
{
    if (list_length(call->funcname) != 1 || list_length(call->args) < 2 ||
        strcmp(strVal(linitial(call->funcname)), "unnest") != 0) {
        return false;
    }
    const struct config_row *row = p->q->env->row;
    for (size_t i = 0; i < row->num_schemas; i++) {
        if (catalog_function_exists(p->q->env->catalog, row->schemas[i], "unnest")) {
            return false;
        }
    }
    return true;
}

/* set_config of a named setting that tenants may change, for the transaction. */
static bool sets_locally(const FuncCall *call)
{
    if (list_length(call->args) != 3 || !IsA(linitial(call->args), A_Const) ||
        !IsA(lthird(call->args), A_Const)) {
        return false;
    }
    const A_Const *name = linitial(call->args);
    const A_Const *value = lsecond(call->args);
    bool is_constant = IsA(value, A_Const) && !value->isnull && IsA(&value->val, String);
    if (name->isnull || !IsA(&name->val, String) || !is_true(lthird(call->args))) {
        return false;
    }
    bool is_jit = strcmp(name->val.sval.sval, "jit") == 0;
    return is_jit ||
           (is_constant && sql_setting_check_set(name->val.sval.sval, value->val.sval.sval) ==
                               SQL_SETTING_ALLOWED);
}

void proof_check_call(const struct proof *p, const FuncCall *call)
{
    const struct config_row *row = p->q->env->row;
    if (is_unnest_of_several(p, call)) {
        return;
    }
    const char *name = strVal(llast(call->funcname));
    if (list_length(call->funcname) == 2) {
        const char *schema = strVal(linitial(call->funcname));
        if (strcmp(schema, "pg_catalog") == 0 &&
            sql_function_classify(name) == SQL_FUNCTION_SETTER && sets_locally(call)) {
            return;
        }
        if (strcmp(schema, "pg_catalog") == 0 && is_allowed_class(p, sql_function_classify(name))) {
            return;
        }
        if (is_listed(row->functions_allow, row->num_functions_allow, schema, name)) {
            return;
        }
    }
    for (size_t i = 0; list_length(call->funcname) == 1 && i < row->num_schemas; i++) {
        if (is_listed(row->functions_allow, row->num_functions_allow, row->schemas[i], name)) {
            return;
        }
    }
    proof_fail(p, "a function is not on the list");
}
