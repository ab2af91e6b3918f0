/* SPDX-License-Identifier: Apache-2.0
 *
 * The system catalogues as a tenant may see them: which relations of pg_catalog and
 * information_schema may be read under isolation.row.metadata, and which of their columns not. */
#ifndef POLICY_SQL_SYSTEM_H
#define POLICY_SQL_SYSTEM_H

#include <stdbool.h>

#include "policy/sql/level.h"

/* Whether a name can only mean a relation of the server's own schemas. */
bool sql_system_has(const RangeVar *var);

/* Whether the policy lets a tenant read that relation of the server. */
bool sql_system_may_read(const struct config_row *row, const char *schema, const char *name);

/* Resolves a reference to one in FROM, qualifies it, and notes at the level if it has columns that
 * must not be seen. Refuses what may not be read. */
void sql_system_read(struct sql_query *q, struct sql_level *level, RangeVar *var);

/* A join above such a relation that would let its columns be named otherwise, or compared. */
void sql_system_check_join(const struct sql_query *q, const struct sql_level *level,
                           const JoinExpr *join);

/* A column, whole row, star or function in disguise where such a relation can be reached. */
void sql_system_check_column(const struct sql_query *q, const struct sql_level *level,
                             const ColumnRef *column);

/* A function, or the type of a value that is not a constant, which asks the catalogues: noted, for
 * a statement that reads tenants' rows too is refused. Answers whether the policy allows it. */
MUST_USE bool sql_system_use(struct sql_query *q, int location);

/* At the end of a statement. */
void sql_system_check_use(const struct sql_query *q);

#endif
