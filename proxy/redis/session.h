/* SPDX-License-Identifier: Apache-2.0
 *
 * A Redis client's connection. It belongs to one tenant from its login on; its requests are
 * decided about one by one and sent over a shared link, or answered here. Local answers wait until
 * earlier replies came, so answers keep the order of requests without a queue of their own. */
#ifndef PROXY_REDIS_SESSION_H
#define PROXY_REDIS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "policy/redis/client.h"
#include "policy/redis/prefix.h"
#include "policy/redis/transaction.h"
#include "protocol/redis/request_scanner.h"
#include "proxy/net/deadline.h"
#include "proxy/net/protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/worker.h"
#include "proxy/redis/host.h"

struct config_limits;
struct config_tenant;
struct metrics_group;
struct redis_link;
struct snapshot;

enum redis_close_reason {
#define CLOSE(suffix, label, words) REDIS_CLOSE_##suffix,
#include "proxy/redis/close_reason.def"
#undef CLOSE
    REDIS_CLOSE_REASONS
};

enum redis_session_state {
    REDIS_SESSION_LOGIN,    /* not logged in */
    REDIS_SESSION_OPEN,     /* logged in */
    REDIS_SESSION_FLUSHING, /* its last words are being sent */
    REDIS_SESSION_CLOSED,   /* no connection; lives on until its last reply came and went */
    REDIS_SESSION_STATES
};

enum redis_session_wait {
    REDIS_WAIT_NONE,    /* requests are read */
    REDIS_WAIT_LINK,    /* the link cannot take the next request; it wakes us */
    REDIS_WAIT_REPLIES, /* the next request is for us, after the replies that are owed */
    REDIS_WAIT_CLIENT,  /* the client does not take its replies */
};

struct redis_session {
    uint32_t tag;
    enum redis_session_state state; /* enter() writes it */
    enum redis_session_wait wait;
    uint32_t num_owed;       /* replies that will come over a link */
    uint32_t wake_at;        /* WAIT_REPLIES ends when no more than these are owed */
    uint32_t num_bad_logins; /* in a row */
    uint32_t num_judged;     /* logins whose password was checked */
    struct stream stream;
    struct redis_host *host;                /* borrows */
    struct snapshot *snapshot;              /* shares; holds listener and tenant */
    const struct config_listener *listener; /* borrows */
    const struct config_tenant *tenant;     /* borrows; NULL before the first login, then fixed */
    struct metrics_group *metrics;          /* borrows; the tenant's */
    struct redis_link *link;                /* borrows; once a request was sent */
    struct request_scanner scanner;
    struct redis_client client;
    struct redis_prefix prefix;
    struct redis_transaction transaction;
    struct deadline login_deadline;
    int64_t opened_us;
    uint64_t id;
    TAILQ_ENTRY(redis_session) entry;      /* of the host, unless CLOSED */
    TAILQ_ENTRY(redis_session) wait_entry; /* of the link, while WAIT_LINK */
    struct worker_deferred deferred;
};

/* The most bytes one request may have. */
size_t redis_request_len_cap(const struct config_limits *limits);

/* A new session; takes the socket over. */
void redis_session_accept(struct redis_host *host, const struct incoming *incoming);

/* Ends it: the client gets the reason's last words if there are any. Twice is fine. */
void redis_session_close(struct redis_session *s, enum redis_close_reason reason);

/* Closes it now or, if it is in the middle of something, at the end of that. */
void redis_session_drain(struct redis_session *s);

/* The worker has another snapshot: closes the session if its tenant or listener is gone. */
void redis_session_refresh(struct redis_session *s);

/* For the link. A session that is CLOSED is still owed its replies and takes none of them. */
bool redis_session_takes(const struct redis_session *s);
void redis_session_give(struct redis_session *s, struct slice bytes);
bool redis_session_is_slow(const struct redis_session *s);
void redis_session_reply_ended(struct redis_session *s, int64_t sent_us);
void redis_session_reply_lost(struct redis_session *s, bool is_partly_given);
void redis_session_wake(struct redis_session *s);

#endif
