/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection to a Redis server that many sessions share: their requests go out in one write per
 * turn, replies come back in order and go to the session at the front of the queue. One per
 * upstream, credentials and protocol version on each worker. It connects when it is first needed
 * and again after it was lost; between failed attempts it rests, and requests fail at once. */
#ifndef PROXY_REDIS_LINK_H
#define PROXY_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "policy/redis/reply_rewrite.h"
#include "protocol/compiler.h"
#include "protocol/redis/reply_tracker.h"
#include "protocol/redis/write.h"
#include "proxy/net/deadline.h"
#include "proxy/net/dial.h"
#include "proxy/net/stream.h"
#include "proxy/net/worker.h"
#include "proxy/redis/host.h"

struct config_upstream;
struct metrics_group;
struct snapshot;
TAILQ_HEAD(redis_waiter_list, redis_session);

enum redis_link_state {
    REDIS_LINK_IDLE,       /* no connection; the next request makes one */
    REDIS_LINK_CONNECTING, /* the socket is */
    REDIS_LINK_GREETING,   /* logging in */
    REDIS_LINK_READY,
    REDIS_LINK_RESTING, /* the last attempt failed: not before its back-off is over */
    REDIS_LINK_CLOSED,  /* to be freed after the turn */
    REDIS_LINK_STATES
};

struct redis_link {
    uint32_t tag;
    enum redis_link_state state; /* enter() writes it */
    struct stream stream;
    struct dial dial;
    struct redis_host *host;                /* borrows */
    struct snapshot *snapshot;              /* shares; holds upstream */
    const struct config_upstream *upstream; /* borrows */
    enum resp_version version;
    struct reply_tracker owed;
    struct reply_rewrite reply; /* the one that is arriving */
    bool has_reply;             /* bytes of it were seen */
    bool is_reply_given;        /* bytes of it were given to its owner */
    bool has_served;            /* a session got a reply over this connection */
    bool is_stale;              /* the configuration has none like it: for those who have it only */
    struct redis_waiter_list waiters;  /* sessions that cannot send yet */
    struct redis_session *stalled_for; /* reading rests until this client takes its reply */
    struct deadline stall;
    int64_t stall_since_us;
    int64_t stall_budget_us; /* how long reading may rest, as of stall_budget_at_us */
    int64_t stall_budget_at_us;
    struct deadline watch; /* connecting, resting, waiting for a reply, being unused */
    int64_t last_input_us;
    uint32_t num_sessions;         /* that joined and did not leave */
    uint32_t num_failures;         /* in a row */
    uint32_t endpoint;             /* the next to try, counted up */
    struct metrics_group *metrics; /* borrows */
    TAILQ_ENTRY(redis_link) entry;
    struct worker_deferred deferred;
};

enum redis_link_answer {
    REDIS_LINK_TAKES, /* write the request now */
    REDIS_LINK_WAIT,  /* the session was put on the list and will be woken */
    REDIS_LINK_DOWN,  /* not reachable; nothing was sent */
};

/* The worker's link to that upstream of the snapshot, made if there is none. The session counts as
 * its user until redis_link_leave. */
struct redis_link *redis_link_join(struct redis_host *host, struct snapshot *snapshot,
                                   const struct config_upstream *upstream,
                                   enum resp_version version);

/* Whether the link is (still) the one for that upstream and version. */
bool redis_link_serves(const struct redis_link *link, const struct config_upstream *upstream,
                       enum resp_version version);

/* The session uses the link no more; replies it is owed are still coming. */
void redis_link_leave(struct redis_link *link, struct redis_session *session);

/* Whether num_requests more can be sent now. Connects when needed. */
enum redis_link_answer redis_link_ask(struct redis_link *link, struct redis_session *session,
                                      size_t num_requests);

/* After REDIS_LINK_TAKES: room for len bytes, and how many were filled. */
MUST_USE uint8_t *redis_link_reserve(struct redis_link *link, size_t len);
void redis_link_commit(struct redis_link *link, size_t len);

/* A request was written: its reply is owed to the session, or to nobody (NULL). */
void redis_link_expect(struct redis_link *link, struct redis_session *session,
                       enum redis_reply_rule rule);

/* The session's client took what it was sent: if reading rested for it, it goes on. */
void redis_link_client_drained(struct redis_link *link, const struct redis_session *session);

/* Closes the connection; who is owed a reply gets an error. Freed after the turn. */
void redis_link_close(struct redis_link *link);

/* The worker has another snapshot: links follow it, or become stale. */
void redis_links_refresh(struct redis_host *host);

#endif
