/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is owed a reply on a link that many sessions share, in the order of the requests. Redis
 * answers each request once and in order, so the front of this queue owns the next reply; whatever
 * arrives when nobody is owed anything belongs to nobody and must close the link. */
#ifndef PROTOCOL_REDIS_REPLY_TRACKER_H
#define PROTOCOL_REDIS_REPLY_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/compiler.h"

#define REPLY_TRACKER_CAP ((size_t)1 << 16) /* 65,536 requests in flight: 1.5 MiB at most */

struct reply_owed {
    void *owner;     /* borrows; NULL: nobody is to get the reply */
    uint32_t rule;   /* what must happen to the reply; a value of the caller's */
    int64_t sent_us; /* when the request was sent, on the caller's clock */
};

struct reply_tracker {
    /* private */
    struct reply_owed *ring; /* owns */
    size_t cap;              /* a power of two, or 0 */
    size_t head;
    size_t num_owed;
};

/* Releases the queue. Accepts a zeroed one. */
void reply_tracker_fini(struct reply_tracker *t);

/* A request was sent: its reply is owed after all others. The tracker must not be full. */
void reply_tracker_push(struct reply_tracker *t, struct reply_owed owed);

/* Whether no further request may be sent before a reply arrives. */
MUST_USE bool reply_tracker_is_full(const struct reply_tracker *t);

/* The owner of the next reply; NULL if none is owed, and then a reply is a violation. */
struct reply_owed *reply_tracker_front(struct reply_tracker *t);

/* The front's reply is complete. */
void reply_tracker_pop(struct reply_tracker *t);

/* How many replies are owed. */
size_t reply_tracker_num_owed(const struct reply_tracker *t);

#endif
