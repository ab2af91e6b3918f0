/* SPDX-License-Identifier: Apache-2.0
 *
 * One statement of a message: rewritten, passed as it is, or refused. */
#ifndef POLICY_SQL_STATEMENT_H
#define POLICY_SQL_STATEMENT_H

#include "policy/sql/query.h"

/* Checks and rewrites a statement in place; answers what it does to the session. */
enum sql_effect sql_statement_rewrite(struct sql_query *q, RawStmt *statement);

/* BEGIN, COMMIT, SET, SHOW and the like. Answers false when it is another kind of statement. */
bool sql_session_check(struct sql_query *q, const RawStmt *statement, enum sql_effect *out_effect);

#endif
