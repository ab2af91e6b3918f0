/* SPDX-License-Identifier: Apache-2.0
 *
 * The independent checker: looks at the text that would be sent, parsed anew, and at nothing that
 * the rewriter knew, and finds a guard on every reference to a tenant relation. */
#ifndef POLICY_SQL_PROOF_H
#define POLICY_SQL_PROOF_H

#include "policy/sql/query.h"

/* Throws unless every statement keeps the tenant in. */
void sql_proof_check(struct sql_query *q, const List *statements);

#endif
