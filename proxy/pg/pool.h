/* SPDX-License-Identifier: Apache-2.0
 *
 * The links of one worker to one upstream, and who waits for one: first come, first served; the
 * link that was used last is used next, so that the others can grow old and go. The pool knows no
 * socket: it calls what its owner gave it, and links and waiters are embedded in larger things.
 * One worker's thread only. */
#ifndef PROXY_PG_POOL_H
#define PROXY_PG_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "protocol/compiler.h"
#include "proxy/net/deadline.h"
#include "proxy/pg/pool_share.h"

struct config_pool;
struct pool;
struct worker;

/* Where a link is, as its pool sees it. */
enum pool_place { POOL_OUTSIDE, POOL_CONNECTING, POOL_IDLE, POOL_LENT };

struct pool_link {
    /* private */
    TAILQ_ENTRY(pool_link) entry; /* while idle */
    enum pool_place place;
    int64_t born_us;
    int64_t idle_since_us;
    uint32_t generation;
};

enum pool_refusal {
    POOL_TIMEOUT,     /* none was free in time: 53300 */
    POOL_UNAVAILABLE, /* the server cannot be reached: 57P03, nothing was sent */
};

struct pool_waiter {
    /* private */
    TAILQ_ENTRY(pool_waiter) entry;
    int64_t since_us;
    bool is_queued;
};

struct pool_ops {
    /* Starts a connection; pool_link_ready or pool_link_gone follows, later. */
    struct pool_link *(*open)(struct pool *pool);
    void (*close)(struct pool *pool, struct pool_link *link); /* an idle one; it is forgotten */
    void (*grant)(struct pool *pool, struct pool_waiter *waiter, struct pool_link *link);
    void (*refuse)(struct pool *pool, struct pool_waiter *waiter, enum pool_refusal why);
    void (*wake)(struct pool *pool, uint64_t workers); /* pool_wake on those workers' threads */
    bool (*has_more)(struct pool *pool); /* a failed connection is worth another at once, since it
                                            goes to another server; NULL: never */
    bool (*is_held)(struct pool *pool, struct pool_waiter *waiter); /* gets none for now: an
                                                                       operator says so; or NULL */
};

TAILQ_HEAD(pool_link_list, pool_link);
TAILQ_HEAD(pool_waiter_list, pool_waiter);

struct pool {
    /* private */
    struct worker *worker;            /* borrows */
    const struct pool_ops *ops;       /* borrows */
    const struct config_pool *config; /* borrows until the next pool_configure */
    struct pool_share *share;         /* borrows */
    struct pool_link_list idle;       /* last used first */
    struct pool_waiter_list waiters;
    uint32_t num_links; /* in any place */
    uint32_t num_connecting;
    uint32_t num_waiters;
    uint32_t num_failures; /* in a row; > 0 means the server is held to be down */
    uint32_t generation;
    int64_t retry_at_us;  /* no connection is tried before */
    struct deadline wait; /* of the first waiter */
    struct deadline retry;
    struct deadline expiry; /* of the oldest idle link */
    struct deadline yield;  /* when an idle link may be given to another worker */
};

void pool_init(struct pool *pool, struct worker *worker, const struct pool_ops *ops,
               const struct config_pool *config, struct pool_share *share);

/* Nobody may wait and no link may be there any more (checked). */
void pool_fini(struct pool *pool);

/* Other limits from now on. */
void pool_configure(struct pool *pool, const struct config_pool *config);

/* Asks for a link: an idle one, which is lent from now on; or NULL, and grant or refuse follows,
 * refuse perhaps before this returns. */
MUST_USE struct pool_link *pool_acquire(struct pool *pool, struct pool_waiter *waiter);

/* waiter waits no longer. Accepts one that does not wait. */
void pool_leave(struct pool *pool, struct pool_waiter *waiter);

/* A link that was connecting or lent can be used by anyone. It may be closed within this call. */
void pool_put(struct pool *pool, struct pool_link *link);

/* The owner closed a link, in whatever place it was. */
void pool_gone(struct pool *pool, struct pool_link *link);

/* Links of today are not lent again: their server is no longer the right one. */
void pool_retire(struct pool *pool);

/* Who was held may be no longer. */
void pool_resume(struct pool *pool);

/* Another worker wants a link, or gave one up. */
void pool_wake(struct pool *pool);

/* Whether the server is held to be down and nothing is open. */
bool pool_is_down(const struct pool *pool);

#endif
