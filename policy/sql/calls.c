/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions, called by name or in disguise. `o.f` and `(expression).f` call f when there is no
 * such column (PG docs, Using Composite Types in Queries), so a name that is not surely a column
 * obeys the rules for calls. A call leaves here qualified, so that the server finds the function
 * that was judged and no overload that hides it. */
#include "policy/sql/names.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/functions.h"
#include "policy/sql/relation.h"
#include "policy/sql/settings.h"
#include "policy/sql/system.h"
#include "policy/sql/types.h"

static const char hint_allow[] = "Only reviewed functions and those under "
                                 "isolation.row.functions.allow can be called.";

/* What the managed schemas have under a function's name. */
enum user_function { USER_NONE, USER_ALLOWED, USER_REFUSED };

static bool is_listed(const struct config_row *row, const char *schema, const char *name)
{
    size_t schema_len = strlen(schema);
    for (size_t i = 0; i < row->num_functions_allow; i++) {
        const char *listed = row->functions_allow[i];
        if (strncmp(listed, schema, schema_len) == 0 && listed[schema_len] == '.' &&
            strcmp(listed + schema_len + 1, name) == 0) {
            return true;
        }
    }
    return false;
}

/* *out_schema is the first schema in which an allowed one was found. */
static enum user_function find_user_function(const struct sql_query *q, const char *name,
                                             const char **out_schema)
{
    const struct config_row *row = q->env->row;
    enum user_function found = USER_NONE;
    *out_schema = NULL;
    for (size_t i = 0; i < row->num_schemas; i++) {
        if (!catalog_function_exists(q->env->catalog, row->schemas[i], name)) {
            continue;
        }
        if (!is_listed(row, row->schemas[i], name)) {
            return USER_REFUSED;
        }
        if (found == USER_NONE) {
            *out_schema = row->schemas[i];
        }
        found = USER_ALLOWED;
    }
    return found;
}

pg_noreturn static void refuse_call(const struct sql_query *q, const char *name, int location)
{
    sql_refuse(q, "42501", location, hint_allow, "permission denied for function %s", name);
}

/* Whether a cast of text to that type leaves the name of a setting as it is. */
static bool keeps_text(const TypeName *type)
{
    const char *name = strVal(llast(type->names));
    return type->typmods == NIL && type->arrayBounds == NIL &&
           (strcmp(name, "text") == 0 || strcmp(name, "varchar") == 0 || strcmp(name, "name") == 0);
}

/* current_setting('name' [, missing_ok]) with a constant that may be read, or a parameter whose
 * value is looked at in each Bind. */
static bool reads_allowed_setting(struct sql_query *q, const FuncCall *call)
{
    const Node *argument = call->args == NIL ? NULL : linitial(call->args);
    while (argument != NULL && IsA(argument, TypeCast)) {
        const TypeName *type = ((const TypeCast *)argument)->typeName;
        argument = keeps_text(type) ? ((const TypeCast *)argument)->arg : NULL;
    }
    if (argument != NULL && IsA(argument, ParamRef)) {
        q->setting_params =
            lappend(q->setting_params, makeInteger(((const ParamRef *)argument)->number));
        return true;
    }
    if (argument == NULL || !IsA(argument, A_Const)) {
        return false;
    }
    const A_Const *name = (const A_Const *)argument;
    return !name->isnull && IsA(&name->val, String) && sql_setting_may_read(name->val.sval.sval);
}

/* The text of a constant; NULL for anything else. */
static const char *constant_text(const Node *node)
{
    if (!IsA(node, A_Const) || ((const A_Const *)node)->isnull ||
        !IsA(&((const A_Const *)node)->val, String)) {
        return NULL;
    }
    return ((const A_Const *)node)->val.sval.sval;
}

static bool is_false(const Node *node)
{
    return IsA(node, A_Const) && !((const A_Const *)node)->isnull &&
           IsA(&((const A_Const *)node)->val, Boolean) &&
           !((const A_Const *)node)->val.boolval.boolval;
}

/* set_config('name', 'value', true), as SET LOCAL. jit, which changes no answer and which asyncpg
 * turns off and on around its questions, may have any value and is always set for the transaction
 * only. */
static bool may_set(struct sql_query *q, const FuncCall *call)
{
    if (list_length(call->args) != 3 || call->agg_filter != NULL || call->over != NULL) {
        return false;
    }
    const char *name = constant_text(linitial(call->args));
    const char *value = constant_text(lsecond(call->args));
    Node *is_local = lthird(call->args);
    bool is_jit = name != NULL && strcmp(name, "jit") == 0;
    if (is_jit && is_false(is_local)) {
        ((A_Const *)is_local)->val.boolval.boolval = true;
    }
    bool is_allowed = name != NULL && (is_jit || value != NULL) &&
                      sql_setting_check_set(name, is_jit ? "on" : value) == SQL_SETTING_ALLOWED;
    q->sets_locally = true;
    return is_allowed && IsA(is_local, A_Const) && ((A_Const *)is_local)->val.boolval.boolval &&
           IsA(&((A_Const *)is_local)->val, Boolean);
}

/* What the operator lists is the operator's to answer for, but for the key to the settings that
 * make parsing sound. */
static bool builtin_is_allowed(struct sql_query *q, const char *name, const FuncCall *call)
{
    if (is_listed(q->env->row, "pg_catalog", name)) {
        return strcmp(name, "set_config") != 0;
    }
    enum sql_function_class class = sql_function_classify(name);
    if (class == SQL_FUNCTION_SETTING) {
        return reads_allowed_setting(q, call);
    }
    if (class == SQL_FUNCTION_SETTER) {
        return may_set(q, call);
    }
    if (class == SQL_FUNCTION_METADATA) {
        return sql_system_use(q, call->location);
    }
    if (class == SQL_FUNCTION_COUNTS) {
        return q->env->row->metadata == METADATA_OPEN && sql_system_use(q, call->location);
    }
    return sql_function_is_allowed(name);
}

static void set_schema(FuncCall *call, const char *schema)
{
    call->funcname = list_make2(makeString(pstrdup(schema)), llast(call->funcname));
}

static void check_qualified(struct sql_query *q, const struct sql_level *level, FuncCall *call)
{
    const char *schema = strVal(linitial(call->funcname));
    const char *name = strVal(llast(call->funcname));
    if (strcmp(schema, "pg_catalog") == 0) {
        if (!builtin_is_allowed(q, name, call)) {
            refuse_call(q, name, call->location);
        }
        if (!sql_function_never_raises(name)) {
            sql_names_raises(q, level);
        }
        return;
    }
    if (!sql_schema_is_managed(q->env->row, schema) || !is_listed(q->env->row, schema, name)) {
        refuse_call(q, name, call->location);
    }
    sql_names_raises(q, level);
}

/* unnest(a, b, ...) in FROM is no function but a form of the grammar, which the server knows by the
 * bare name only (parse_clause.c, transformRangeFunction). Anywhere else it does not exist. */
static bool is_unnest_form(const FuncCall *call)
{
    return list_length(call->args) > 1 && strcmp(strVal(linitial(call->funcname)), "unnest") == 0;
}

static void check_unqualified(struct sql_query *q, const struct sql_level *level, FuncCall *call)
{
    const char *name = strVal(linitial(call->funcname));
    const char *schema = NULL;
    enum user_function user = find_user_function(q, name, &schema);
    bool is_builtin = builtin_is_allowed(q, name, call);
    if (user == USER_REFUSED || (user == USER_NONE && !is_builtin)) {
        refuse_call(q, name, call->location);
    }
    if (user == USER_NONE) {
        if (!is_unnest_form(call)) {
            set_schema(call, "pg_catalog");
        }
        if (!sql_function_never_raises(name)) {
            sql_names_raises(q, level);
        }
        return;
    }
    sql_names_raises(q, level);
    /* Where both exist and both are allowed, the server's own overload rules decide. */
    if (!is_builtin) {
        set_schema(call, schema);
    }
}

void sql_names_call(struct sql_query *q, const struct sql_level *level, FuncCall *call)
{
    if (list_length(call->funcname) == 1) {
        check_unqualified(q, level, call);
    } else if (list_length(call->funcname) == 2) {
        check_qualified(q, level, call);
    } else {
        sql_refuse(q, "0A000", call->location, NULL,
                   "cross-database references are not implemented");
    }
}

static bool type_is_allowed(struct sql_query *q, const char *name, int location)
{
    return sql_type_is_allowed(name) || (sql_type_is_metadata(name) && sql_system_use(q, location));
}

/* A name behind a dot that is not surely a column. */
static void check_disguised(struct sql_query *q, const struct sql_level *level, const char *name,
                            int location)
{
    const char *schema = NULL;
    enum user_function user = find_user_function(q, name, &schema);
    /* A function or type of that name: `x.regclass` is a cast, whether a function exists or not. */
    bool is_type = sql_type_is_builtin(name);
    bool is_refused_builtin = is_type
                                  ? !type_is_allowed(q, name, location)
                                  : sql_function_is_builtin(name) && !sql_function_is_allowed(name);
    if (user == USER_REFUSED || is_refused_builtin) {
        refuse_call(q, name, location);
    }
    if (user == USER_ALLOWED || is_type || sql_function_is_builtin(name)) {
        sql_names_raises(q, level);
    }
}

void sql_names_column(struct sql_query *q, const struct sql_level *level, const ColumnRef *column)
{
    int num_fields = list_length(column->fields);
    sql_system_check_column(q, level, column);
    /* A whole row: comparing rows raises for some of them. */
    if (num_fields == 1 && IsA(linitial(column->fields), String) &&
        sql_level_has_reference(level, strVal(linitial(column->fields)))) {
        sql_names_raises(q, level);
    }
    if (num_fields < 2 || !IsA(llast(column->fields), String)) {
        return;
    }
    const char *name = strVal(llast(column->fields));
    const char *reference = strVal(list_nth(column->fields, num_fields - 2));
    sql_level_charge(q, level);
    if (!sql_level_surely_column(level, reference, name)) {
        check_disguised(q, level, name, column->location);
    }
}

void sql_names_indirection(struct sql_query *q, const struct sql_level *level,
                           const A_Indirection *indirection)
{
    ListCell *cell;
    foreach (cell, indirection->indirection) {
        if (!IsA(lfirst(cell), String)) {
            continue;
        }
        /* In (o).f a column called o is found before a reference of that name. */
        check_disguised(q, level, strVal(lfirst(cell)), SQL_NO_LOCATION);
    }
}
