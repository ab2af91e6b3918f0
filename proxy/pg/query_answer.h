/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server answers a question over a query link, taken apart. */
#ifndef PROXY_PG_QUERY_ANSWER_H
#define PROXY_PG_QUERY_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

/* The fields of a DataRow, borrowed from body: one that is NULL has no ptr, an empty one has. False
 * when it is malformed or has more than cap. */
MUST_USE bool query_answer_fields(struct slice body, struct slice *fields, size_t cap,
                                  size_t *out_num);

/* "<what>: <message of the ErrorResponse>", or what alone; cut at cap. */
void query_answer_error(struct slice body, const char *what, char *out, size_t cap);

#endif
