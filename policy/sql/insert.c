/* SPDX-License-Identifier: Apache-2.0
 *
 * INSERT: afterwards it has an explicit column list that names the tenant column, and every row of
 * its source has the tenant's value there. Rows come from the leaves of the source: VALUES lists
 * and SELECTs under set operations; the value is put into each leaf, because a wrapper around the
 * source would change the types of untyped literals. */
#include "policy/sql/walk.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/conflict.h"
#include "policy/sql/dml.h"
#include "policy/sql/guard.h"
#include "policy/sql/star.h"
#include "policy/sql/tenant_place.h"

struct source {
    struct sql_query *q;
    const struct sql_relation *relation;
    InsertStmt *insert;
    List *leaves; /* SelectStmt */
};

static ResTarget *column_target(const char *name)
{
    ResTarget *target = makeNode(ResTarget);
    target->name = pstrdup(name);
    target->location = SQL_NO_LOCATION;
    return target;
}

static List *collect_leaves(SelectStmt *select, List *leaves)
{
    libpg_check_stack();
    if (select->op == SETOP_NONE) {
        return lappend(leaves, select);
    }
    leaves = collect_leaves(select->larg, leaves);
    return collect_leaves(select->rarg, leaves);
}

static bool names_tenant(const struct source *s)
{
    ListCell *cell;
    foreach (cell, s->insert->cols) {
        if (strcmp(((ResTarget *)lfirst(cell))->name, s->relation->column->name) == 0) {
            return true;
        }
    }
    return false;
}

/* Without a column list the values go to the first columns (PG docs, INSERT). */
static void add_implied_columns(struct source *s)
{
    const SelectStmt *first = linitial(s->leaves);
    const List *row = first->valuesLists != NIL ? linitial(first->valuesLists) : first->targetList;
    size_t wanted = (size_t)list_length(row);
    const struct catalog_relation *catalog = s->relation->catalog;
    if (wanted > catalog->num_columns) {
        sql_refuse(s->q, "42601", s->insert->relation->location, NULL,
                   "INSERT has more expressions than target columns");
    }
    for (size_t i = 0; i < wanted; i++) {
        s->insert->cols = lappend(s->insert->cols, column_target(catalog->columns[i].name));
    }
}

static void check_length(const struct source *s, const List *values)
{
    int wanted = list_length(s->insert->cols);
    if (list_length(values) == wanted) {
        return;
    }
    sql_refuse(s->q, "42601", s->insert->relation->location, NULL, "INSERT has more %s than %s",
               list_length(values) > wanted ? "expressions" : "target columns",
               list_length(values) > wanted ? "target columns" : "expressions");
}

/* Replaces what stands at each position of the tenant column. */
static void force_in_row(const struct source *s, List *row)
{
    int position = 0;
    ListCell *cell;
    check_length(s, row);
    foreach (cell, s->insert->cols) {
        if (strcmp(((ResTarget *)lfirst(cell))->name, s->relation->column->name) == 0) {
            ListCell *value = list_nth_cell(row, position);
            if (IsA(lfirst(value), ResTarget)) {
                ResTarget *target = lfirst(value);
                sql_star_keep_name(target);
                target->val = sql_tenant_place_new(s->q, s->relation, target->val);
            } else {
                lfirst(value) = sql_tenant_place_new(s->q, s->relation, lfirst(value));
            }
        }
        position++;
    }
}

static void force_in_leaves(const struct source *s)
{
    ListCell *cell;
    ListCell *row;
    foreach (cell, s->leaves) {
        SelectStmt *leaf = lfirst(cell);
        if (leaf->valuesLists == NIL) {
            force_in_row(s, leaf->targetList);
        }
        foreach (row, leaf->valuesLists) {
            force_in_row(s, lfirst(row));
        }
    }
}

static ResTarget *value_target(const struct source *s)
{
    ResTarget *target = makeNode(ResTarget);
    target->val = sql_tenant_value(s->q, s->relation->type);
    target->location = SQL_NO_LOCATION;
    return target;
}

/* The list must be long enough before ours goes behind it, or ours would fill another column. */
static void append_to_leaves(const struct source *s)
{
    ListCell *cell;
    ListCell *row;
    foreach (cell, s->leaves) {
        SelectStmt *leaf = lfirst(cell);
        if (leaf->valuesLists == NIL) {
            if (!sql_star_is_in(leaf->targetList)) {
                check_length(s, leaf->targetList);
            }
            leaf->targetList = lappend(leaf->targetList, value_target(s));
        }
        foreach (row, leaf->valuesLists) {
            check_length(s, lfirst(row));
            lfirst(row) = lappend(lfirst(row), sql_tenant_value(s->q, s->relation->type));
        }
    }
    s->insert->cols = lappend(s->insert->cols, column_target(s->relation->column->name));
}

static void put_default_values(struct source *s)
{
    SelectStmt *values = makeNode(SelectStmt);
    values->valuesLists = list_make1(list_make1(sql_tenant_value(s->q, s->relation->type)));
    s->insert->selectStmt = (Node *)values;
    s->insert->cols = list_make1(column_target(s->relation->column->name));
}

static void check_columns(const struct source *s)
{
    ListCell *cell;
    foreach (cell, s->insert->cols) {
        const ResTarget *column = lfirst(cell);
        if (column->indirection != NIL && strcmp(column->name, s->relation->column->name) == 0) {
            sql_refuse(s->q, "42501", column->location, NULL,
                       "column \"%s\" may only hold the session's tenant", column->name);
        }
        sql_walk_expression(s->q, &(struct sql_level){0}, column->indirection);
    }
}

/* Positions in a row of VALUES mean nothing when one of its values becomes none or several. */
static void check_rows(const struct source *s, const SelectStmt *leaf)
{
    ListCell *row;
    foreach (row, leaf->valuesLists) {
        if (sql_star_is_in(lfirst(row))) {
            sql_refuse(s->q, "0A000", s->insert->relation->location, "Name the columns instead.",
                       "* in VALUES is not supported under tenant isolation");
        }
    }
}

/* Stars are counted before anything is rewritten: guards change FROM. */
static void walk_source(struct source *s, const struct sql_level *level)
{
    ListCell *cell;
    SelectStmt *select = (SelectStmt *)s->insert->selectStmt;
    s->leaves = collect_leaves(select, NIL);
    foreach (cell, s->leaves) {
        check_rows(s, lfirst(cell));
    }
    if (s->insert->cols == NIL || names_tenant(s)) {
        foreach (cell, s->leaves) {
            sql_star_expand(s->q, level, select, lfirst(cell));
        }
    }
    sql_walk_select(s->q, level, select, SQL_SELECT_TOP);
    if (s->insert->cols == NIL) {
        add_implied_columns(s);
    }
    if (names_tenant(s)) {
        force_in_leaves(s);
    } else {
        append_to_leaves(s);
    }
}

void sql_walk_insert(struct sql_query *q, const struct sql_level *outer, InsertStmt *insert)
{
    struct sql_level level = sql_level_inside(outer);
    libpg_check_stack();
    sql_walk_with(q, &level, insert->withClause);
    struct sql_relation relation = sql_relation_write(q, insert->relation);
    struct source s = {.q = q, .relation = &relation, .insert = insert};
    sql_note(q, "%s.%s: tenant in every new row", insert->relation->schemaname,
             insert->relation->relname);
    check_columns(&s);
    if (insert->selectStmt == NULL) {
        put_default_values(&s);
    } else {
        walk_source(&s, &level);
    }
    sql_dml_add_target(&level, insert->relation, relation.catalog);
    sql_conflict_walk(q, &level, insert, &relation);
    sql_dml_walk_returning(q, &level, insert->returningClause);
}
