/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan says of the session that sends it. Part of plan.h. */
#ifndef POLICY_SQL_PLAN_SESSION_H
#define POLICY_SQL_PLAN_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/sql/effect.h"
#include "protocol/bytes.h"
#include "protocol/pg/copy_in.h"

struct sql_plan;

size_t sql_plan_num_statements(const struct sql_plan *plan);
enum sql_effect sql_plan_effect(const struct sql_plan *plan, size_t statement);

/* One of its statements may change something for good, as far as its text shows. */
bool sql_plan_writes(const struct sql_plan *plan);

/* It may change what lastval() and currval() answer. Known of verbatim plans only. */
bool sql_plan_advances_sequences(const struct sql_plan *plan);

/* The text ends in one SET or RESET of a setting that clients may have, to a plain value, or in
 * RESET ALL (SQL_ALL_SETTINGS), and does nothing else to the session: what it would keep. False
 * for all others. Borrows the plan. */
bool sql_plan_setting(const struct sql_plan *plan, struct sql_setting *out);

/* RESET ALL is the last of its settings: it takes the proxy's own from the link, too. */
bool sql_plan_resets_all(const struct sql_plan *plan);

/* The text is one DEALLOCATE: *out is the name, empty for ALL. Borrows the plan. */
bool sql_plan_deallocates(const struct sql_plan *plan, struct slice *out);

/* Whether data of COPY may pass, in either direction. */
bool sql_plan_copies(const struct sql_plan *plan);

/* The text is one COPY FROM STDIN: how its rows are to be read, and where the tenant stands in
 * them. NULL for all others. Borrows the plan. */
const struct copy_in_format *sql_plan_copies_in(const struct sql_plan *plan);

/* The text is DISCARD ALL: the session answers it itself, nothing is sent. */
bool sql_plan_is_discard_all(const struct sql_plan *plan);

#endif
