/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements with a query inside, and those that use what such a one made: EXPLAIN, DECLARE and
 * FETCH, PREPARE and EXECUTE. The query takes the same way as one of its own. What a name of a
 * cursor or statement leads to can only be what this session made, through here, on this link:
 * cursors end with the transaction, or pin, and statements pin. */
#include "policy/sql/statement.h"

#include <string.h>

#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"

#include "policy/sql/names.h"
#include "policy/sql/reserved.h"
#include "policy/sql/walk.h"

static const char hint_metadata[] = "See isolation.row.metadata.";

bool sql_query_rewrite(struct sql_query *q, Node *query)
{
    switch ((int)nodeTag(query)) {
    case T_SelectStmt:
        sql_walk_select(q, NULL, (SelectStmt *)query, SQL_SELECT_TOP);
        return true;
    case T_InsertStmt:
        sql_walk_insert(q, NULL, (InsertStmt *)query);
        return true;
    case T_UpdateStmt:
        sql_walk_update(q, NULL, (UpdateStmt *)query);
        return true;
    case T_DeleteStmt:
        sql_walk_delete(q, NULL, (DeleteStmt *)query);
        return true;
    case T_MergeStmt:
        sql_walk_merge(q, NULL, (MergeStmt *)query);
        return true;
    default:
        return false;
    }
}

pg_noreturn static void refuse_inside(const struct sql_query *q, const char *what, int location)
{
    sql_refuse(q, "42501", location, NULL,
               "%s of this statement is not allowed under tenant isolation", what);
}

/* The statements of the proxy have names on the link, too, and other tenants' parameters. */
static void check_name(const struct sql_query *q, const char *name, int location)
{
    if (sql_name_is_reserved(name)) {
        sql_refuse(q, "26000", location, NULL, "prepared statement \"%s\" does not exist", name);
    }
}

static void rewrite_execute(struct sql_query *q, ExecuteStmt *execute, int location)
{
    check_name(q, execute->name, location);
    sql_walk_expression(q, &(struct sql_level){0}, execute->params);
}

/* As defGetBoolean reads it. What is no truth value is the server's to refuse, and counts as on. */
static bool is_off(const DefElem *option)
{
    static const char *const words[] = {"false", "off", "0"};
    if (option->arg == NULL) {
        return false;
    }
    if (IsA(option->arg, Integer)) {
        return intVal(option->arg) == 0;
    }
    for (size_t i = 0; IsA(option->arg, String) && i < sizeof words / sizeof words[0]; i++) {
        if (pg_strcasecmp(strVal(option->arg), words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the option shows the plan alone: nothing that was counted or measured. */
static bool shows_plan_only(const char *name)
{
    static const char *const names[] = {"verbose", "format", "costs", "summary", "generic_plan"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Estimates come from all tenants' rows, and what ANALYZE counts includes those that the guard
 * removed. */
static void hide_counts(struct sql_query *q, ExplainStmt *explain)
{
    List *kept = NIL;
    ListCell *cell;
    foreach (cell, explain->options) {
        DefElem *option = lfirst(cell);
        if (strcmp(option->defname, "costs") == 0) {
            continue;
        }
        if (!shows_plan_only(option->defname) && !is_off(option)) {
            sql_refuse(q, "42501", option->location, hint_metadata,
                       "EXPLAIN option \"%s\" counts other tenants' rows", option->defname);
        }
        kept = lappend(kept, option);
    }
    explain->options = lappend(
        kept, makeDefElem(pstrdup("costs"), (Node *)makeString(pstrdup("off")), SQL_NO_LOCATION));
}

static void rewrite_explain(struct sql_query *q, ExplainStmt *explain, int location)
{
    switch (q->env->row->metadata) {
    case METADATA_STRICT:
        sql_refuse(q, "42501", location, hint_metadata,
                   "EXPLAIN is not allowed under tenant isolation");
    case METADATA_DRIVER:
        hide_counts(q, explain);
        break;
    case METADATA_OPEN:
        break;
    }
    if (IsA(explain->query, ExecuteStmt)) {
        rewrite_execute(q, (ExecuteStmt *)explain->query, location);
    } else if (!sql_query_rewrite(q, explain->query)) {
        refuse_inside(q, "EXPLAIN", location);
    }
}

static enum sql_effect rewrite_declare(struct sql_query *q, DeclareCursorStmt *declare,
                                       int location)
{
    if (!IsA(declare->query, SelectStmt)) {
        refuse_inside(q, "DECLARE CURSOR", location);
    }
    sql_query_rewrite(q, declare->query);
    return (declare->options & CURSOR_OPT_HOLD) != 0 ? SQL_EFFECT_PIN_CURSOR : SQL_EFFECT_NONE;
}

/* Its parameters are its own, not the message's: the tenant must stand in the text. */
static enum sql_effect rewrite_prepare(struct sql_query *q, PrepareStmt *prepare, int location)
{
    ListCell *cell;
    if (sql_name_is_reserved(prepare->name)) {
        sql_refuse(q, "42602", location, NULL,
                   "names of prepared statements must not begin with " SQL_RESERVED_PREFIX);
    }
    foreach (cell, prepare->argtypes) {
        sql_names_type(q, lfirst(cell));
    }
    q->uses_literals = true;
    if (!sql_query_rewrite(q, prepare->query)) {
        refuse_inside(q, "PREPARE", location);
    }
    /* Nobody sees the values that EXECUTE gives it, and these would have to be looked at. */
    if (q->bind_params != NIL || q->pattern_params != NIL || q->setting_params != NIL) {
        sql_refuse(q, "0A000", location, "Prepare it by message.",
                   "a parameter of PREPARE cannot be the tenant, a pattern of LIKE or the "
                   "name of a setting");
    }
    q->max_param = 0;
    return SQL_EFFECT_PIN_PREPARE;
}

bool sql_utility_rewrite(struct sql_query *q, RawStmt *statement, enum sql_effect *out_effect)
{
    int location = statement->stmt_location;
    *out_effect = SQL_EFFECT_NONE;
    switch ((int)nodeTag(statement->stmt)) {
    case T_ExplainStmt:
        rewrite_explain(q, (ExplainStmt *)statement->stmt, location);
        return true;
    case T_DeclareCursorStmt:
        *out_effect = rewrite_declare(q, (DeclareCursorStmt *)statement->stmt, location);
        return true;
    case T_FetchStmt:
    case T_ClosePortalStmt:
    case T_UnlistenStmt: /* there is nothing that it listens to */
        return true;
    case T_PrepareStmt:
        *out_effect = rewrite_prepare(q, (PrepareStmt *)statement->stmt, location);
        return true;
    case T_ExecuteStmt:
        rewrite_execute(q, (ExecuteStmt *)statement->stmt, location);
        return true;
    case T_CopyStmt:
        sql_copy_rewrite(q, (CopyStmt *)statement->stmt, location);
        return true;
    default:
        return false;
    }
}
