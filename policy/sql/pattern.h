/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes from LIKE what it would tell about other tenants' values. */
#ifndef POLICY_SQL_PATTERN_H
#define POLICY_SQL_PATTERN_H

#include <stdbool.h>

#include "policy/sql/query.h"

/* For an expression whose operator is one of LIKE's: refuses a constant pattern that can raise an
 * error, has a parameter checked at Bind, and puts everything else where the planner cannot look
 * at it. Answers whether the pattern is now certain never to raise. Changes expr's right side. */
bool sql_pattern_guard(struct sql_query *q, A_Expr *expr);

#endif
