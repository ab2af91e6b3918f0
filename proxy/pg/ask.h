/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions of a command to a server, over a link of its own whose search path is pg_catalog. */
#ifndef PROXY_PG_ASK_H
#define PROXY_PG_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct config_upstream;
struct snapshot;

/* One row of the answer to texts[question]; fields are borrowed until it returns, one that is NULL
 * has no ptr. False: it is not what was asked for, and the asking fails. */
typedef bool pg_ask_row_fn(void *context, size_t question, const struct slice *fields,
                           size_t num_fields);

struct pg_questions {
    char *const *texts; /* borrows: one statement each */
    size_t num_texts;   /* at least one */
    pg_ask_row_fn *row;
    void *context;
};

/* Blocks until all are answered. False: message (one line, cut at cap) says what failed. */
MUST_USE bool pg_ask_now(struct snapshot *snapshot, const struct config_upstream *upstream,
                         const struct pg_questions *questions, char *message, size_t cap);

#endif
