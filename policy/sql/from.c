/* SPDX-License-Identifier: Apache-2.0
 *
 * FROM and USING: every reference to a tenant relation gets its guard where it means the same as
 * a filter below the reference.
 *
 *   reached by commas, inner and cross joins, preserved arms   WHERE of the same query
 *   with a column alias list                                   wrapped in a sub-select, because the
 *                                                              list may rename the tenant column
 *   anything else                                              joined with nothing, ON the
 * predicate
 *
 * References are placed before anything inside an item is walked: LATERAL items and join
 * conditions may use those on their left. What is to be walked is noted on the way, so that the
 * walk never meets a guard. */
#include "policy/sql/walk.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/guard.h"
#include "policy/sql/names.h"
#include "policy/sql/system.h"

/* Whether a predicate in WHERE still filters the reference itself and finds it by name. */
enum reach { REACH_WHERE, REACH_BELOW };

struct placement {
    struct sql_query *q;
    struct sql_level *level;
    List *predicates; /* for WHERE */
    List *pending;    /* expressions and sub-queries to walk when all references are known */
};

static Node *place(struct placement *p, Node *item, enum reach reach);

static void note_pending(struct placement *p, void *node)
{
    if (node != NULL) {
        p->pending = lappend(p->pending, node);
    }
}

static void add_alias(struct placement *p, const Alias *alias)
{
    if (alias != NULL) {
        sql_level_add_reference(p->level, alias->aliasname, NULL, alias->colnames);
    }
}

static const char *described(const RangeVar *var)
{
    return var->alias != NULL ? var->alias->aliasname : var->relname;
}

static bool is_cte(const struct placement *p, const RangeVar *var)
{
    return var->schemaname == NULL && sql_level_find_cte(p->level, var->relname) != NULL;
}

/* Guards the reference var; item is what stands in FROM for it: itself or its sample. */
static Node *guard_reference(struct placement *p, Node *item, RangeVar *var, enum reach reach)
{
    const List *colnames = var->alias != NULL ? var->alias->colnames : NIL;
    if (sql_system_has(var) && !is_cte(p, var)) {
        sql_system_read(p->q, p->level, var);
        if (p->level->hides == SQL_HIDES_HERE) {
            sql_level_add_hiding(p->level, described(var));
        } else {
            sql_level_add_reference(p->level, described(var), NULL, colnames);
        }
        return item;
    }
    struct sql_relation relation = sql_relation_read(p->q, p->level, var);
    sql_level_add_reference(p->level, described(var), relation.catalog, colnames);
    if (relation.class != SQL_RELATION_TENANT || !sql_guards_are_wanted(p->q)) {
        return item;
    }
    if (colnames != NIL) {
        sql_note(p->q, "%s.%s %s: wrapped, its columns are renamed", var->schemaname, var->relname,
                 described(var));
        return sql_guard_wrap(p->q, item, var, &relation);
    }
    Node *predicate = sql_guard_predicate(p->q, var, &relation);
    if (reach == REACH_WHERE) {
        sql_note(p->q, "%s.%s %s: guard in WHERE", var->schemaname, var->relname, described(var));
        p->predicates = lappend(p->predicates, predicate);
        return item;
    }
    sql_note(p->q, "%s.%s %s: guard below the join", var->schemaname, var->relname, described(var));
    return sql_guard_join(p->q, item, predicate);
}

static Node *place_sample(struct placement *p, RangeTableSample *sample, enum reach reach)
{
    if (!IsA(sample->relation, RangeVar)) {
        sql_refuse(p->q, "0A000", sample->location, NULL,
                   "TABLESAMPLE is supported for tables only");
    }
    const char *method = strVal(llast(sample->method));
    bool is_builtin = list_length(sample->method) == 1 ||
                      strcmp(strVal(linitial(sample->method)), "pg_catalog") == 0;
    if (!is_builtin || (strcmp(method, "system") != 0 && strcmp(method, "bernoulli") != 0)) {
        sql_refuse(p->q, "42501", sample->location, "Use SYSTEM or BERNOULLI.",
                   "tablesample method %s is not allowed under tenant isolation", method);
    }
    note_pending(p, sample->args);
    note_pending(p, sample->repeatable);
    return guard_reference(p, (Node *)sample, (RangeVar *)sample->relation, reach);
}

static Node *place_join(struct placement *p, JoinExpr *join, enum reach reach)
{
    enum reach left = reach;
    enum reach right = reach;
    if (join->alias != NULL || join->join_using_alias != NULL || join->isNatural ||
        join->usingClause != NIL || join->jointype == JOIN_FULL) {
        left = REACH_BELOW;
        right = REACH_BELOW;
    } else if (join->jointype == JOIN_LEFT) {
        right = REACH_BELOW;
    } else if (join->jointype == JOIN_RIGHT) {
        left = REACH_BELOW;
    }
    libpg_check_stack();
    join->larg = place(p, join->larg, left);
    join->rarg = place(p, join->rarg, right);
    sql_system_check_join(p->q, p->level, join);
    if (join->alias != NULL && p->level->hides == SQL_HIDES_HERE) {
        sql_level_add_hiding(p->level, join->alias->aliasname);
    } else {
        add_alias(p, join->alias);
    }
    add_alias(p, join->join_using_alias);
    note_pending(p, join->quals);
    return (Node *)join;
}

/* ROWS FROM keeps each function with its column definitions in a list of two. */
static Node *place_function(struct placement *p, RangeFunction *function)
{
    ListCell *cell;
    foreach (cell, function->functions) {
        note_pending(p, linitial((List *)lfirst(cell)));
        note_pending(p, lsecond((List *)lfirst(cell)));
    }
    note_pending(p, function->coldeflist);
    if (function->alias == NULL) { /* called after what it calls, `unnest` or `coalesce` */
        sql_level_add_reference(p->level, SQL_ANY_NAME, NULL, NIL);
    }
    add_alias(p, function->alias);
    return (Node *)function;
}

static Node *place(struct placement *p, Node *item, enum reach reach)
{
    switch ((int)nodeTag(item)) {
    case T_RangeVar:
        return guard_reference(p, item, (RangeVar *)item, reach);
    case T_RangeTableSample:
        return place_sample(p, (RangeTableSample *)item, reach);
    case T_JoinExpr:
        return place_join(p, (JoinExpr *)item, reach);
    case T_RangeSubselect:
        note_pending(p, ((RangeSubselect *)item)->subquery);
        add_alias(p, ((RangeSubselect *)item)->alias);
        return item;
    case T_RangeFunction:
        return place_function(p, (RangeFunction *)item);
    case T_RangeTableFunc:
        note_pending(p, item);
        add_alias(p, ((RangeTableFunc *)item)->alias);
        return item;
    default:
        sql_refuse(p->q, "0A000", SQL_NO_LOCATION, NULL,
                   "this item in FROM is not supported under tenant isolation");
    }
}

/* An alias that the WHERE clause of this query sees, client's reference or wrapped one. */
static const char *visible_alias(const Node *item, int *out_location)
{
    if (IsA(item, RangeTableSample)) {
        item = ((const RangeTableSample *)item)->relation;
    }
    if (!IsA(item, RangeVar) || ((const RangeVar *)item)->alias == NULL) {
        return NULL;
    }
    *out_location = ((const RangeVar *)item)->location;
    return ((const RangeVar *)item)->alias->aliasname;
}

/* The server's own error: a guard could not tell the two apart. */
static void check_aliases(const struct sql_query *q, const Node *item, List **seen)
{
    ListCell *cell;
    int location = SQL_NO_LOCATION;
    libpg_check_stack();
    if (IsA(item, JoinExpr)) {
        if (((const JoinExpr *)item)->alias == NULL) {
            check_aliases(q, ((const JoinExpr *)item)->larg, seen);
            check_aliases(q, ((const JoinExpr *)item)->rarg, seen);
        }
        return;
    }
    const char *alias = visible_alias(item, &location);
    foreach (cell, alias != NULL ? *seen : NIL) {
        if (strcmp(lfirst(cell), alias) == 0) {
            sql_refuse(q, "42712", location, NULL, "table name \"%s\" specified more than once",
                       alias);
        }
    }
    if (alias != NULL) {
        *seen = lappend(*seen, pstrdup(alias));
    }
}

List *sql_walk_from(struct sql_query *q, struct sql_level *level, List *from)
{
    struct placement p = {.q = q, .level = level};
    ListCell *cell;
    foreach (cell, from) {
        lfirst(cell) = place(&p, lfirst(cell), REACH_WHERE);
    }
    List *aliases = NIL;
    foreach (cell, from) {
        check_aliases(q, lfirst(cell), &aliases);
    }
    sql_walk_expression(q, level, p.pending);
    return p.predicates;
}

Node *sql_walk_below(struct sql_query *q, struct sql_level *level, Node *item)
{
    struct placement p = {.q = q, .level = level};
    List *aliases = NIL;
    item = place(&p, item, REACH_BELOW);
    check_aliases(q, item, &aliases);
    sql_walk_expression(q, level, p.pending);
    return item;
}
