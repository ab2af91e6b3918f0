/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks a listener's database for the SCRAM verifiers of users that its file does not have: one link
 * of its own per worker and listener, one question at a time, the answers kept for a short while.
 * What waits is bounded. One worker's thread only. */
#ifndef PROXY_PG_AUTH_QUERY_H
#define PROXY_PG_AUTH_QUERY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/scram_verifier.h"

struct auth_query;
struct auth_waiter;
struct config_listener;
struct pg_worker;
struct snapshot;

/* Logins that wait for an answer, of one listener on one worker. */
#define AUTH_WAITING_MAX 1024U

LIST_HEAD(auth_query_list, auth_query);

enum auth_found {
    AUTH_FOUND_USER,
    AUTH_FOUND_NOBODY, /* of that name, or nobody who may log in: like a wrong password */
    AUTH_FOUND_LATER,  /* the waiter will be told */
    AUTH_FOUND_FAILED, /* nobody can be asked now */
};

/* One of the first two or FAILED; verifier is there for a USER only, and until it returns. The
 * waiter waits no more; it may close its session. */
typedef void auth_told_fn(struct auth_waiter *waiter, enum auth_found found,
                          const struct scram_verifier *verifier);

/* Embedded in a login; a zeroed one does not wait. */
struct auth_waiter {
    auth_told_fn *told;
    const char *user; /* borrows until told */
    /* private */
    TAILQ_ENTRY(auth_waiter) entry;
    struct auth_query *query; /* borrows; while it waits */
};

/* The verifier of waiter->user, for a login at a listener (of snapshot's configuration) that has a
 * query: at once (then *out is filled in for a USER, and the caller cleanses it) or later. */
MUST_USE enum auth_found auth_query_find(struct pg_worker *pg, struct snapshot *snapshot,
                                         const struct config_listener *listener,
                                         struct auth_waiter *waiter, struct scram_verifier *out);

/* The login is over: it will not be told. One that does not wait is fine. */
void auth_query_leave(struct auth_waiter *waiter);

/* After the worker got a new snapshot: what was for another configuration ends when nobody waits
 * for it, and what it knew is forgotten. */
void auth_queries_refresh(struct pg_worker *pg);

/* Ends them all; nobody may wait. */
void auth_queries_stop(struct pg_worker *pg);

#endif
