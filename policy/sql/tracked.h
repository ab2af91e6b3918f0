/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a SET or RESET is one whose outcome is known from its text: then it can follow the
 * session from one server connection to another. */
#ifndef POLICY_SQL_TRACKED_H
#define POLICY_SQL_TRACKED_H

#include "policy/sql/libpg.h"

/* The text of the one constant; NULL for anything else. palloc'd or part of the tree. */
const char *sql_only_value(const List *args);

/* The plain setting that the statement gives the session for good, NULL if it is no such statement.
 * *out_value is NULL for RESET and DEFAULT. Both are part of the tree, palloc'd or constant. */
const char *sql_tracked_setting(const VariableSetStmt *stmt, const char **out_value);

#endif
