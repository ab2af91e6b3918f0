/* SPDX-License-Identifier: Apache-2.0
 *
 * Cancel requests to a server: a connection of its own each, which ends when the server has passed
 * the signal on. Until then the link belongs to nobody else: a late signal must not hit the next
 * session's query. */
#ifndef PROXY_PG_CANCEL_H
#define PROXY_PG_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct link;
struct pg_worker;
struct session;

/* A client's request: the session with that number and secret is meant, if there is one. */
void cancel_by_key(struct pg_worker *pg, uint32_t id, struct slice secret);

/* The same on the proxy's own account. False when there is nothing to cancel, or enough requests
 * are under way. */
MUST_USE bool cancel_session(struct session *s);

/* The session is gone and its link is about to be closed: what runs there is of no use. */
void cancel_abandoned(struct link *link);

/* The worker stops: no request is under way any more. */
void cancel_stop(struct pg_worker *pg);

/* The link is being closed: its requests go on without it. */
void cancel_forget_link(struct link *link);

#endif
