/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers in their plainest form: a server of an older version must read the same one. */
#ifndef POLICY_SQL_LITERAL_H
#define POLICY_SQL_LITERAL_H

#include "policy/sql/query.h"

/* Makes a numeric constant decimal without separators; refuses what cannot be. */
void sql_literal_normalise(struct sql_query *q, A_Const *constant);

#endif
