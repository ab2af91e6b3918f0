/* SPDX-License-Identifier: Apache-2.0
 *
 * What `policy lint` asks a server beyond the catalogue: keys, roles, views, functions and
 * publications that let tenants see or touch each other's rows. Every row of an answer is a
 * problem. Names in the queries are qualified, as in policy/catalog/queries.h. */
#ifndef POLICY_CATALOG_QUESTIONS_H
#define POLICY_CATALOG_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/catalog/problems.h"
#include "policy/config/isolation.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"

/* They are numbered from 0. */
size_t catalog_question_count(void);

/* The SQL of a question, one statement. Owned by the caller, free() it. */
char *catalog_question_text(size_t question, const struct config_row *row);

/* Adds what one row of the answer tells. False: it is not of the form that was asked for. */
MUST_USE bool catalog_question_take(size_t question, const struct slice *fields, size_t num_fields,
                                    struct catalog_problems *problems);

#endif
