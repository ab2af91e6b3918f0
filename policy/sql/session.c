/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements about the session. Transactions are the client's own; settings go through the
 * allow-list of settings.def; what would undo the proxy's own settings is refused. */
#include "policy/sql/statement.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/settings.h"
#include "policy/sql/tracked.h"

static enum sql_effect check_transaction(const struct sql_query *q, const TransactionStmt *stmt,
                                         int location)
{
    switch (stmt->kind) {
    case TRANS_STMT_BEGIN:
    case TRANS_STMT_START:
        return SQL_EFFECT_BEGIN;
    case TRANS_STMT_COMMIT:
        return SQL_EFFECT_COMMIT;
    case TRANS_STMT_ROLLBACK:
        return SQL_EFFECT_ROLLBACK;
    case TRANS_STMT_SAVEPOINT:
    case TRANS_STMT_RELEASE:
    case TRANS_STMT_ROLLBACK_TO:
        return SQL_EFFECT_SAVEPOINT;
    case TRANS_STMT_PREPARE:
        sql_refuse(q, "0A000", location, NULL,
                   "PREPARE TRANSACTION is not supported under tenant isolation");
    case TRANS_STMT_COMMIT_PREPARED:
    case TRANS_STMT_ROLLBACK_PREPARED:
        break;
    }
    sql_refuse(q, "42501", location, NULL,
               "prepared transactions of other sessions are not allowed under tenant isolation");
}

/* Names of settings know no case (guc.c, guc_name_compare), but the printer drops the quotes that
 * keep it: `"TimeZone"` is emitted as what it is read as. A copy: the grammar's own names are
 * constants. */
static char *folded(const char *name)
{
    char *copy = pstrdup(name);
    for (char *c = copy; *c != '\0'; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    return copy;
}

static void check_setting(const struct sql_query *q, const char *name, const char *value,
                          int location)
{
    switch (sql_setting_check_set(name, value)) {
    case SQL_SETTING_ALLOWED:
        return;
    case SQL_SETTING_BAD_VALUE:
        sql_refuse(q, "22023", location, NULL,
                   "parameter \"%s\" cannot have this value under tenant isolation", name);
    case SQL_SETTING_REFUSED:
        break;
    }
    sql_refuse(q, "42501", location, "The setting belongs to the proxy or to the operator.",
               "permission denied to set parameter \"%s\"", name);
}

/* SET TRANSACTION, SET SESSION CHARACTERISTICS, SET TRANSACTION SNAPSHOT. */
static enum sql_effect check_multi(const struct sql_query *q, const VariableSetStmt *stmt,
                                   int location)
{
    ListCell *cell;
    if (strcmp(stmt->name, "TRANSACTION") == 0) {
        return SQL_EFFECT_SET_LOCAL;
    }
    if (strcmp(stmt->name, "SESSION CHARACTERISTICS") != 0) {
        sql_refuse(q, "42501", location, NULL,
                   "SET TRANSACTION SNAPSHOT is not allowed under tenant isolation");
    }
    foreach (cell, stmt->args) {
        const DefElem *option = lfirst(cell);
        check_setting(q, psprintf("default_%s", option->defname), NULL, location);
    }
    return SQL_EFFECT_PIN_SET;
}

static enum sql_effect check_set(struct sql_query *q, VariableSetStmt *stmt, int location)
{
    switch (stmt->kind) {
    case VAR_SET_MULTI:
        return check_multi(q, stmt, location);
    case VAR_RESET_ALL:
        q->setting_name = SQL_ALL_SETTINGS;
        q->setting_value = NULL;
        return SQL_EFFECT_PIN_SET;
    case VAR_SET_VALUE:
    case VAR_SET_DEFAULT:
    case VAR_SET_CURRENT:
    case VAR_RESET:
        break;
    }
    stmt->name = folded(stmt->name);
    check_setting(q, stmt->name, stmt->kind == VAR_SET_VALUE ? sql_only_value(stmt->args) : NULL,
                  location);
    q->setting_name = sql_tracked_setting(stmt, &q->setting_value);
    return stmt->is_local ? SQL_EFFECT_SET_LOCAL : SQL_EFFECT_PIN_SET;
}

static void check_show(const struct sql_query *q, VariableShowStmt *stmt, int location)
{
    stmt->name = folded(stmt->name);
    if (strcmp(stmt->name, "all") == 0 || !sql_setting_may_read(stmt->name)) {
        sql_refuse(q, "42501", location, NULL, "permission denied to examine \"%s\"", stmt->name);
    }
}

static void check_discard(const struct sql_query *q, const DiscardStmt *stmt, int location)
{
    if (stmt->target != DISCARD_ALL) {
        sql_refuse(q, "0A000", location, "DISCARD ALL is.",
                   "this form of DISCARD is not supported under tenant isolation");
    }
}

bool sql_session_check(struct sql_query *q, const RawStmt *statement, enum sql_effect *out_effect)
{
    int location = statement->stmt_location;
    *out_effect = SQL_EFFECT_NONE;
    switch ((int)nodeTag(statement->stmt)) {
    case T_TransactionStmt:
        *out_effect = check_transaction(q, (const TransactionStmt *)statement->stmt, location);
        return true;
    case T_VariableSetStmt:
        *out_effect = check_set(q, (VariableSetStmt *)statement->stmt, location);
        return true;
    case T_VariableShowStmt:
        check_show(q, (VariableShowStmt *)statement->stmt, location);
        return true;
    case T_DeallocateStmt: {
        const char *name = ((const DeallocateStmt *)statement->stmt)->name;
        q->deallocated = name != NULL ? name : "";
        *out_effect = SQL_EFFECT_DEALLOCATE;
        return true;
    }
    case T_DiscardStmt:
        check_discard(q, (const DiscardStmt *)statement->stmt, location);
        *out_effect = SQL_EFFECT_DISCARD_ALL;
        return true;
    default:
        return false;
    }
}
