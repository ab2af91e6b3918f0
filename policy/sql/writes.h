/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a statement that the server got may have changed something for good. */
#ifndef POLICY_SQL_WRITES_H
#define POLICY_SQL_WRITES_H

#include <stdbool.h>

#include "policy/sql/libpg.h"

/* False only where the statement itself can leave nothing behind when it commits: a query without
 * INTO and without data-modifying WITH, SHOW, SET, the beginning or giving up of a transaction.
 * What the functions do that it calls is not looked at. */
bool sql_statement_writes(const RawStmt *statement);

#endif
