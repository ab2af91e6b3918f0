/* SPDX-License-Identifier: Apache-2.0
 *
 * COPY. TO becomes COPY of a query, which takes the way of every query. FROM STDIN gets an explicit
 * list of columns with the tenant's: the rows themselves are data of the protocol, and what has to
 * be done to them is the plan's (sql_plan_copies_in). What would have the server read the rows
 * otherwise than they are read here is refused: another encoding, a null string that could be a
 * tenant. Nothing of the server's files or programs. */
#include "policy/sql/statement.h"

#include <string.h>

#include "nodes/makefuncs.h"
#include "nodes/value.h"

#include "policy/sql/dml.h"
#include "policy/sql/relation.h"
#include "policy/sql/system.h"
#include "policy/sql/walk.h"

/* What the options say, for rows from the client. */
struct options {
    bool is_binary;
    const char *null;
    const char *missing; /* the string that stands for a default */
    struct copy_in_format *format;
};

static const char *text_of(const DefElem *option)
{
    if (option->arg != NULL && IsA(option->arg, String)) {
        return strVal(option->arg);
    }
    return "";
}

pg_noreturn static void refuse_option(const struct sql_query *q, const DefElem *option)
{
    sql_refuse(q, "0A000", option->location, NULL,
               "COPY option \"%s\" cannot have this value under tenant isolation", option->defname);
}

static uint8_t byte_of(const struct sql_query *q, const DefElem *option)
{
    const char *text = text_of(option);
    if (strlen(text) != 1 || text[0] == '\n' || text[0] == '\r' || (text[0] & 0x80) != 0) {
        refuse_option(q, option);
    }
    return (uint8_t)text[0];
}

static bool is_word_for_no(const DefElem *option)
{
    static const char *const words[] = {"false", "off", "0"};
    const char *text = text_of(option);
    if (option->arg != NULL && IsA(option->arg, Integer)) {
        return intVal(option->arg) == 0;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (pg_strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void take_format(const struct sql_query *q, struct options *o, const DefElem *option)
{
    const char *name = text_of(option);
    o->is_binary = strcmp(name, "binary") == 0;
    o->format->is_csv = strcmp(name, "csv") == 0;
    if (!o->is_binary && !o->format->is_csv && strcmp(name, "text") != 0) {
        refuse_option(q, option);
    }
}

static bool is_utf8(const char *name)
{
    return pg_strcasecmp(name, "utf8") == 0 || pg_strcasecmp(name, "utf-8") == 0;
}

/* Options that change neither where rows and fields end nor what is NULL. */
static bool is_harmless(const char *name)
{
    static const char *const names[] = {"force_quote", "force_not_null", "force_null",
                                        "on_error",    "log_verbosity",  "reject_limit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void take_option(const struct sql_query *q, struct options *o, const DefElem *option)
{
    const char *name = option->defname;
    if (strcmp(name, "format") == 0) {
        take_format(q, o, option);
    } else if (strcmp(name, "delimiter") == 0) {
        o->format->delimiter = byte_of(q, option);
    } else if (strcmp(name, "quote") == 0) {
        o->format->quote = byte_of(q, option);
    } else if (strcmp(name, "escape") == 0) {
        o->format->escape = byte_of(q, option);
    } else if (strcmp(name, "null") == 0) {
        o->null = text_of(option);
    } else if (strcmp(name, "default") == 0) {
        o->missing = text_of(option);
    } else if (strcmp(name, "header") == 0) {
        o->format->has_header = !is_word_for_no(option);
    } else if (strcmp(name, "encoding") == 0) {
        if (!is_utf8(text_of(option))) {
            refuse_option(q, option);
        }
    } else if (!is_harmless(name)) {
        refuse_option(q, option);
    }
}

/* A string that could be a tenant's id would make the id mean something else. */
static bool could_be_tenant(const char *text)
{
    return text != NULL && text[0] != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0';
}

/* `CSV HEADER`, as it was written before options had parentheses, holds a boolean: printed, it
 * reads as a word. */
static void spell_out(DefElem *option)
{
    if (option->arg != NULL && IsA(option->arg, Boolean)) {
        option->arg = (Node *)makeString(pstrdup(boolVal(option->arg) ? "true" : "false"));
    }
}

static void take_options(const struct sql_query *q, const CopyStmt *copy, struct options *o)
{
    ListCell *cell;
    struct copy_in_format *format = o->format;
    foreach (cell, copy->options) {
        spell_out((DefElem *)lfirst(cell));
        take_option(q, o, lfirst(cell));
    }
    if (format->delimiter == 0) {
        format->delimiter = format->is_csv ? ',' : '\t';
    }
    if (format->quote == 0) {
        format->quote = '"';
    }
    if (format->escape == 0) {
        format->escape = format->quote;
    }
    if (copy->is_from && (could_be_tenant(o->null) || could_be_tenant(o->missing))) {
        sql_refuse(q, "0A000", SQL_NO_LOCATION, NULL,
                   "the null string of COPY could be a tenant's id");
    }
    /* The server's own rule for csv. */
    if (format->is_csv && format->delimiter == format->quote) {
        sql_refuse(q, "0A000", SQL_NO_LOCATION, NULL, "COPY delimiter and quote must be different");
    }
}

static ResTarget *column_target(char *name)
{
    ColumnRef *column = makeNode(ColumnRef);
    column->fields = list_make1(makeString(name));
    column->location = SQL_NO_LOCATION;
    ResTarget *target = makeNode(ResTarget);
    target->val = (Node *)column;
    target->location = SQL_NO_LOCATION;
    return target;
}

/* All columns that COPY copies, where none are named. */
static void name_columns(CopyStmt *copy, const struct catalog_relation *relation)
{
    bool are_named = copy->attlist != NIL;
    for (size_t i = 0; !are_named && i < relation->num_columns; i++) {
        const struct catalog_column *column = &relation->columns[i];
        if (!column->is_generated) {
            copy->attlist = lappend(copy->attlist, makeString(pstrdup(column->name)));
        }
    }
}

/* `table (columns)` as the query that means the same. A table's children are not copied with it. */
static void make_query(struct sql_query *q, CopyStmt *copy)
{
    ListCell *cell;
    const struct sql_level level = {0};
    if (sql_system_has(copy->relation)) {
        sql_refuse(q, "42501", copy->relation->location, "Use COPY (SELECT columns ...).",
                   "permission denied for relation %s", copy->relation->relname);
    }
    struct sql_relation relation = sql_relation_read(q, &level, copy->relation);
    name_columns(copy, relation.catalog);
    SelectStmt *select = makeNode(SelectStmt);
    foreach (cell, copy->attlist) {
        select->targetList = lappend(select->targetList, column_target(strVal(lfirst(cell))));
    }
    copy->relation->inh = relation.catalog->kind == RELATION_PARTITIONED;
    select->fromClause = list_make1(copy->relation);
    copy->relation = NULL;
    copy->attlist = NIL;
    copy->query = (Node *)select;
}

static void rewrite_to(struct sql_query *q, CopyStmt *copy, int location)
{
    struct copy_in_format unused = {.column = COPY_IN_APPENDED};
    struct options options = {.format = &unused};
    take_options(q, copy, &options);
    if (copy->relation != NULL) {
        make_query(q, copy);
    }
    q->uses_literals = true; /* a COPY takes no parameters */
    if (!sql_query_rewrite(q, copy->query)) {
        sql_refuse(q, "42501", location, NULL,
                   "COPY of this statement is not allowed under tenant isolation");
    }
}

/* Where the tenant's column stands in the list; it is put at the end where it does not. */
static int place_tenant(CopyStmt *copy, const struct catalog_column *tenant)
{
    ListCell *cell;
    foreach (cell, copy->attlist) {
        if (strcmp(strVal(lfirst(cell)), tenant->name) == 0) {
            return foreach_current_index(cell);
        }
    }
    copy->attlist = lappend(copy->attlist, makeString(pstrdup(tenant->name)));
    return COPY_IN_APPENDED;
}

static void rewrite_from(struct sql_query *q, CopyStmt *copy, int location)
{
    struct copy_in_format *format = palloc0(sizeof *format);
    struct options options = {.format = format};
    struct sql_level level = sql_level_inside(NULL);
    if (q->request->protocol == SQL_EXTENDED) {
        sql_refuse(q, "0A000", location, NULL,
                   "COPY FROM must be sent as a simple query under tenant isolation");
    }
    take_options(q, copy, &options);
    if (options.is_binary) {
        sql_refuse(q, "0A000", location, "Use the text or csv format.",
                   "COPY FROM in binary format is not supported under tenant isolation");
    }
    struct sql_relation relation = sql_relation_write(q, copy->relation);
    name_columns(copy, relation.catalog);
    format->column = place_tenant(copy, relation.column);
    sql_dml_add_target(&level, copy->relation, relation.catalog);
    sql_walk_expression(q, &level, copy->whereClause);
    sql_note(q, "%s.%s: tenant in every row", copy->relation->schemaname, copy->relation->relname);
    q->copy_in = format;
}

void sql_copy_rewrite(struct sql_query *q, CopyStmt *copy, int location)
{
    if (copy->filename != NULL || copy->is_program) {
        sql_refuse(q, "42501", location, NULL,
                   "permission denied to COPY to or from a file or program of the server");
    }
    q->copies = true;
    if (copy->is_from) {
        rewrite_from(q, copy, location);
    } else {
        rewrite_to(q, copy, location);
    }
}
