/* SPDX-License-Identifier: Apache-2.0
 *
 * One statement of a message: rewritten, passed as it is, or refused. */
#ifndef POLICY_SQL_STATEMENT_H
#define POLICY_SQL_STATEMENT_H

#include "policy/sql/query.h"

/* Checks and rewrites a statement in place; answers what it does to the session. */
enum sql_effect sql_statement_rewrite(struct sql_query *q, RawStmt *statement);

/* SELECT, INSERT, UPDATE, DELETE or MERGE, whatever it stands in: checks and rewrites it in place.
 * Answers false when it is another kind of statement. */
bool sql_query_rewrite(struct sql_query *q, Node *query);

/* EXPLAIN, DECLARE, FETCH, PREPARE, EXECUTE and the like. Answers false when it is another kind. */
bool sql_utility_rewrite(struct sql_query *q, RawStmt *statement, enum sql_effect *out_effect);

/* COPY, to and from the client only. */
void sql_copy_rewrite(struct sql_query *q, CopyStmt *copy, int location);

/* BEGIN, COMMIT, SET, SHOW and the like. Answers false when it is another kind of statement. */
bool sql_session_check(struct sql_query *q, const RawStmt *statement, enum sql_effect *out_effect);

#endif
