/* SPDX-License-Identifier: Apache-2.0
 *
 * `*` in the source of an INSERT: what it stands for must be known where positions matter. */
#ifndef POLICY_SQL_STAR_H
#define POLICY_SQL_STAR_H

#include "policy/sql/level.h"

/* Whether a target list, or a row of VALUES or ROW(), has a star in it: the server expands `*`,
 * `t.*` and `(expression).*` to any number of values, none included. */
bool sql_star_is_in(const List *row);

/* Replaces every star in leaf's target list by the columns it stands for. source is the whole
 * source of the INSERT, whose WITH clauses are in scope. Refuses (0A000) when it cannot know. */
void sql_star_expand(struct sql_query *q, const struct sql_level *level, const SelectStmt *source,
                     SelectStmt *leaf);

/* Gives a target whose value is about to be replaced the output name it had, which ORDER BY of a
 * set operation may use. */
void sql_star_keep_name(ResTarget *target);

#endif
