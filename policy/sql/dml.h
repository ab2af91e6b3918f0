/* SPDX-License-Identifier: Apache-2.0
 *
 * What INSERT, UPDATE and DELETE share. */
#ifndef POLICY_SQL_DML_H
#define POLICY_SQL_DML_H

#include "policy/sql/walk.h"

/* Adds the target of a statement to its level, by alias or name. */
void sql_dml_add_target(struct sql_level *level, const RangeVar *target,
                        const struct catalog_relation *relation);

/* Walks a RETURNING clause, which may be NULL. */
void sql_dml_walk_returning(struct sql_query *q, struct sql_level *level,
                            const ReturningClause *returning);

/* Walks expressions that run after the statement's guards. */
void sql_dml_walk_output(struct sql_query *q, struct sql_level *level, const void *node);

#endif
