/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a session ends: one row of close_reason.def each. */
#ifndef PROXY_PG_CLOSE_REASON_H
#define PROXY_PG_CLOSE_REASON_H

enum close_reason {
#define CLOSE(suffix, label, sqlstate, message) CLOSE_##suffix,
#include "proxy/pg/close_reason.def"
#undef CLOSE
    CLOSE_REASONS
};

/* The name in logs and metrics. */
const char *close_label(enum close_reason reason);

/* What the client is told; both "" when it is told nothing. */
const char *close_sqlstate(enum close_reason reason);
const char *close_message(enum close_reason reason);

#endif
