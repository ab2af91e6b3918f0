/* SPDX-License-Identifier: Apache-2.0
 *
 * Plans for tests that only need some. */
#ifndef TESTS_PROXY_PG_PLANS_H
#define TESTS_PROXY_PG_PLANS_H

#include "policy/catalog/catalog.h"
#include "policy/config/isolation.h"
#include "policy/sql/plan.h"

/* The plan of a text over an empty catalogue; the caller owns the one reference. */
static inline struct sql_plan *plan_of_text(const char *text)
{
    static const struct catalog catalog = {.server_version_num = 150000};
    static const struct config_row row = {.column = NULL};
    const struct sql_environment env = {.catalog = &catalog, .row = &row, .max_bytes = 4096};
    const struct sql_request request = {.text = slice_text(text), .protocol = SQL_EXTENDED};
    return sql_plan_new(&env, &request);
}

#endif
