/* SPDX-License-Identifier: Apache-2.0
 *
 * ON CONFLICT: which unique keys may decide, and which rows it may change. */
#ifndef POLICY_SQL_CONFLICT_H
#define POLICY_SQL_CONFLICT_H

#include "policy/sql/walk.h"

#include "policy/sql/relation.h"

/* Checks and guards the clause of an INSERT into that relation; without a clause nothing. */
void sql_conflict_walk(struct sql_query *q, struct sql_level *level, InsertStmt *insert,
                       const struct sql_relation *relation);

#endif
