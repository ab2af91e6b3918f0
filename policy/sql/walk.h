/* SPDX-License-Identifier: Apache-2.0
 *
 * The recursive walk that checks and rewrites, by kind of thing. Every function refuses what it
 * does not understand, and changes the tree in place. */
#ifndef POLICY_SQL_WALK_H
#define POLICY_SQL_WALK_H

#include "policy/sql/level.h"

/* Any expression, or list of them; NULL is fine. Sub-queries inside are walked as their own. */
void sql_walk_expression(struct sql_query *q, const struct sql_level *level, const void *node);

/* What is evaluated after every guard of the statement: the output of the outermost query. */
enum sql_select_place {
    SQL_SELECT_TOP,    /* its output expressions run after its guards, and nothing is above it */
    SQL_SELECT_INSIDE, /* the planner may pull it up: its output may become a condition above */
};

/* A query: SELECT, VALUES, TABLE or a set operation. outer is NULL for a statement. */
void sql_walk_select(struct sql_query *q, const struct sql_level *outer, SelectStmt *select,
                     enum sql_select_place place);

/* The WITH clause of a statement whose level this is: adds its names. NULL is fine. */
void sql_walk_with(struct sql_query *q, struct sql_level *level, WithClause *with);

/* FROM or USING: adds the references to the level, guards them, and returns the predicates that
 * belong into the WHERE of the same statement. */
List *sql_walk_from(struct sql_query *q, struct sql_level *level, List *from);

/* One item of FROM in whose place no condition of a WHERE could filter: guarded below. */
Node *sql_walk_below(struct sql_query *q, struct sql_level *level, Node *item);

/* INSERT, UPDATE, DELETE and MERGE, at the top (outer NULL) or in a WITH clause. */
void sql_walk_insert(struct sql_query *q, const struct sql_level *outer, InsertStmt *insert);
void sql_walk_update(struct sql_query *q, const struct sql_level *outer, UpdateStmt *update);
void sql_walk_delete(struct sql_query *q, const struct sql_level *outer, DeleteStmt *delete);
void sql_walk_merge(struct sql_query *q, const struct sql_level *outer, MergeStmt *merge);

#endif
