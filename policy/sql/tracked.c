/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of the transaction and those that every connection is pinned to are not tracked: the
 * first mean nothing outside of it, the others never change. */
#include "policy/sql/tracked.h"

#include <string.h>
#include <strings.h>

#include "nodes/value.h"

#include "policy/sql/settings.h"

const char *sql_only_value(const List *args)
{
    if (list_length(args) != 1 || !IsA(linitial(args), A_Const)) {
        return NULL;
    }
    const A_Const *value = linitial(args);
    switch ((int)nodeTag(&value->val)) {
    case T_String:
        return value->val.sval.sval;
    case T_Integer:
        return psprintf("%d", value->val.ival.ival);
    case T_Float:
        return value->val.fval.fval;
    default:
        return NULL;
    }
}

static bool is_never_tracked(const char *name)
{
    return strncasecmp(name, "transaction_", strlen("transaction_")) == 0 ||
           strcasecmp(name, "client_encoding") == 0 ||
           strcasecmp(name, "standard_conforming_strings") == 0;
}

const char *sql_tracked_setting(const VariableSetStmt *stmt, const char **out_value)
{
    bool is_reset = stmt->kind == VAR_RESET || stmt->kind == VAR_SET_DEFAULT;
    *out_value = NULL;
    if (stmt->is_local || (!is_reset && stmt->kind != VAR_SET_VALUE) ||
        is_never_tracked(stmt->name)) {
        return NULL;
    }
    *out_value = is_reset ? NULL : sql_only_value(stmt->args);
    if ((!is_reset && *out_value == NULL) ||
        sql_setting_check_set(stmt->name, *out_value) != SQL_SETTING_ALLOWED) {
        return NULL;
    }
    return stmt->name;
}
