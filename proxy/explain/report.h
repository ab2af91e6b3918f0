/* SPDX-License-Identifier: Apache-2.0
 *
 * The answers of explain as one JSON object each, and the two ways to print it. */
#ifndef PROXY_EXPLAIN_REPORT_H
#define PROXY_EXPLAIN_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "policy/catalog/catalog.h"
#include "policy/config/config.h"
#include "policy/sql/plan.h"
#include "protocol/bytes.h"

struct explain_subject {
    const struct config *config;
    struct slice tenant;
};

/* What the proxy would do with this SQL text of the tenant. The caller owns the object. */
json_t *explain_sql(const struct explain_subject *subject, const struct catalog *catalog,
                    struct slice sql, enum sql_protocol protocol);

/* What it would do with this Redis command of the tenant, written as in redis-cli. The caller owns
 * the object; NULL when the text is no command (nothing in it, or an open quote). */
json_t *explain_redis(const struct explain_subject *subject, const char *command);

/* The report for machines, one object on one line, or for people, one fact a line. */
void explain_print_json(const json_t *report, FILE *out);
void explain_print_text(const json_t *report, FILE *out);

#endif
