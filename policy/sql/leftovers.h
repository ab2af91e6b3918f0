/* SPDX-License-Identifier: Apache-2.0
 *
 * What a statement that is sent as it is leaves behind on the server's side of the session. */
#ifndef POLICY_SQL_LEFTOVERS_H
#define POLICY_SQL_LEFTOVERS_H

#include "policy/sql/effect.h"
#include "policy/sql/libpg.h"

/* Inside libpg_run. text is the whole message. Sets *advances if the statement may change what
 * lastval() and currval() answer; never clears it. */
enum sql_effect sql_leftovers_of(const RawStmt *statement, const char *text, bool *advances);

#endif
