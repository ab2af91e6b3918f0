/* SPDX-License-Identifier: Apache-2.0
 *
 * Emits what was understood, not what was sent. The library's printer is not trusted: its text is
 * parsed again and must be equal() to the tree it came from, locations aside, and it must hold
 * exactly as many tenant values as were put in. */
#include "policy/sql/emit.h"

#include <string.h>

#include "pg_query.h"
#include "lib/stringinfo.h"

static void append_slice(StringInfo text, struct slice s)
{
    appendBinaryStringInfo(text, s.ptr, (int)s.len);
}

static void append_quoted(StringInfo text, const char *value)
{
    appendStringInfoChar(text, '\'');
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\'') {
            appendStringInfoChar(text, '\'');
        }
        appendStringInfoChar(text, *at);
    }
    appendStringInfoChar(text, '\'');
}

static bool is_plain_name(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.")] == '\0';
}

/* The printer writes the strings of SET as identifiers, which must not be empty or long. */
static bool prints_wrong(const Node *statement)
{
    ListCell *cell;
    if (!IsA(statement, VariableSetStmt)) {
        return false;
    }
    const VariableSetStmt *set = (const VariableSetStmt *)statement;
    if (set->kind != VAR_SET_VALUE || !is_plain_name(set->name)) {
        return false;
    }
    /* The grammar marks SET TIME ZONE, and only that, so: it is another tree than SET timezone. */
    if (set->jumble_args && strcmp(set->name, "timezone") != 0) {
        return false;
    }
    foreach (cell, set->args) {
        if (!IsA(lfirst(cell), A_Const) || !IsA(&((const A_Const *)lfirst(cell))->val, String)) {
            return false;
        }
    }
    return true;
}

static void append_set(StringInfo text, const VariableSetStmt *set)
{
    ListCell *cell;
    appendStringInfoString(text, set->is_local ? "SET LOCAL " : "SET ");
    if (set->jumble_args) {
        appendStringInfoString(text, "TIME ZONE ");
    } else {
        appendStringInfo(text, "%s TO ", set->name);
    }
    foreach (cell, set->args) {
        if (cell != list_head(set->args)) {
            appendStringInfoString(text, ", ");
        }
        append_quoted(text, ((const A_Const *)lfirst(cell))->val.sval.sval);
    }
}

static void append_statement(StringInfo text, RawStmt *statement)
{
    PostgresDeparseOpts options = {0};
    if (prints_wrong(statement->stmt)) {
        append_set(text, (const VariableSetStmt *)statement->stmt);
    } else {
        deparseRawStmtOpts(text, statement, &options);
    }
}

pg_noreturn static void refuse_proof(const struct sql_query *q, const char *what)
{
    sql_refuse(q, "0A000", SQL_NO_LOCATION,
               "The statement is valid but cannot be rewritten. Please report it.",
               "the rewritten statement could not be proved: %s", what);
}

static uint32_t count_sentinels(const struct sql_query *q, const char *text)
{
    uint32_t found = 0;
    size_t len = strlen(q->sentinel);
    for (const char *at = strstr(text, q->sentinel); at != NULL; at = strstr(at, q->sentinel)) {
        found++;
        at += len;
    }
    return found;
}

static void check_equal(const struct sql_query *q, const List *statements, const List *again)
{
    ListCell *cell;
    ListCell *other;
    if (list_length(statements) != list_length(again)) {
        refuse_proof(q, "number of statements");
    }
    forboth(cell, statements, other, again)
    {
        if (!equal(((RawStmt *)lfirst(cell))->stmt, ((RawStmt *)lfirst(other))->stmt)) {
            refuse_proof(q, "the emitted text reads differently");
        }
    }
}

struct sql_emitted sql_emit(struct sql_query *q, List *statements,
                            const struct sql_lexical *lexical)
{
    StringInfoData text;
    ListCell *cell;
    initStringInfo(&text);
    append_slice(&text, lexical->hint);
    if (lexical->hint.len > 0) {
        appendStringInfoChar(&text, ' ');
    }
    foreach (cell, statements) {
        if (cell != list_head(statements)) {
            appendStringInfoString(&text, "; ");
        }
        append_statement(&text, lfirst(cell));
    }
    if (lexical->trailer.len > 0) {
        appendStringInfoChar(&text, ' ');
        append_slice(&text, lexical->trailer);
    }
    struct sql_emitted emitted = {.text = text.data, .len = (size_t)text.len};
    q->is_proving = true;
    emitted.statements = libpg_parse(emitted.text);
    check_equal(q, statements, emitted.statements);
    if (count_sentinels(q, emitted.text) != q->num_holes) {
        refuse_proof(q, "number of tenant values");
    }
    return emitted;
}
