/* SPDX-License-Identifier: Apache-2.0
 *
 * Plans of listeners without isolation: the text goes to the server as it is, and the plan says
 * only what it leaves behind there. */
#ifndef POLICY_SQL_PASSTHROUGH_H
#define POLICY_SQL_PASSTHROUGH_H

#include "policy/sql/plan.h"

/* sql_plan_new for an environment that passes through. */
struct sql_plan *sql_passthrough_plan(const struct sql_environment *env,
                                      const struct sql_request *request);

#endif
