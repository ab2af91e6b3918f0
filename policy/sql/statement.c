/* SPDX-License-Identifier: Apache-2.0
 *
 * Dispatch by kind of statement. Whatever is in no table is refused. */
#include "policy/sql/statement.h"

#include "nodes/value.h"

static const char hint_admin[] = "Connect to the server directly for administration.";

pg_noreturn static void refuse(const struct sql_query *q, const RawStmt *statement)
{
    int location = statement->stmt_location;
    switch ((int)nodeTag(statement->stmt)) {
#define STATEMENT(tag, sqlstate, name)                                            \
    case T_##tag:                                                                 \
        sql_refuse(q, sqlstate, location, sqlstate[0] == '4' ? hint_admin : NULL, \
                   "%s is not %s under tenant isolation", name,                   \
                   sqlstate[0] == '4' ? "allowed" : "supported");
#include "policy/sql/statements.def"
#undef STATEMENT
    default:
        sql_refuse(q, "0A000", location, NULL,
                   "this statement is not supported under tenant isolation");
    }
}

enum sql_effect sql_statement_rewrite(struct sql_query *q, RawStmt *statement)
{
    enum sql_effect effect = SQL_EFFECT_NONE;
    if (!sql_query_rewrite(q, statement->stmt) && !sql_utility_rewrite(q, statement, &effect) &&
        !sql_session_check(q, statement, &effect)) {
        refuse(q, statement);
    }
    return effect;
}
