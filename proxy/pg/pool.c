/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue. Invariants: nobody who may have a link waits while one is idle; the number of links
 * in all pools of the upstream never passes the share's limit; a connection is started only for
 * someone who waits and may have it. A failed connection delays the next one (doubling, with a
 * cap); while nothing at all is open, those who wait are refused at once rather than when their
 * time is up.
 *
 * Owns neither links nor waiters. Refuses to lend a link that is too old or of another
 * generation. */
#include "proxy/pg/pool.h"

#include <stddef.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"

#define CONNECTING_MAX   4U /* connections under way at once: a restarted server is not stormed */
#define BACKOFF_FIRST_US INT64_C(100000)
#define BACKOFF_MAX_US   INT64_C(5000000)
/* How long a link stays with a worker although another wants it: a link cannot move, only be
 * closed and opened again, which must not happen for every transaction. */
#define TENURE_US INT64_C(50000)

static void feed(struct pool *pool);

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool is_stale(const struct pool *pool, const struct pool_link *link)
{
    return link->generation != pool->generation ||
           pool->worker->now_us - link->born_us >= pool->config->lifetime_us;
}

/* When an idle link is to be closed. */
static int64_t expiry_of(const struct pool *pool, const struct pool_link *link)
{
    return min_i64(link->idle_since_us + pool->config->idle_timeout_us,
                   link->born_us + pool->config->lifetime_us);
}

static void arm_expiry(struct pool *pool)
{
    const struct pool_link *oldest = TAILQ_LAST(&pool->idle, pool_link_list);
    if (oldest == NULL) {
        deadline_disarm(&pool->expiry);
    } else if (!deadline_armed(&pool->expiry)) {
        deadline_arm(pool->worker, &pool->expiry, expiry_of(pool, oldest));
    }
}

static void forget(struct pool *pool, struct pool_link *link)
{
    check(link->place != POOL_OUTSIDE && pool->num_links > 0);
    if (link->place == POOL_IDLE) {
        TAILQ_REMOVE(&pool->idle, link, entry);
    }
    if (link->place == POOL_CONNECTING) {
        pool->num_connecting--;
    }
    link->place = POOL_OUTSIDE;
    pool->num_links--;
    pool_share_give(pool->share);
    uint64_t others = pool_share_others(pool->share, pool->worker->index);
    if (others != 0) {
        pool->ops->wake(pool, others);
    }
}

static void discard(struct pool *pool, struct pool_link *link)
{
    forget(pool, link);
    pool->ops->close(pool, link);
}

static bool is_held(struct pool *pool, struct pool_waiter *waiter)
{
    return pool->ops->is_held != NULL && pool->ops->is_held(pool, waiter);
}

/* The first who may have a link; NULL: nobody. */
static struct pool_waiter *first_free(struct pool *pool)
{
    struct pool_waiter *waiter = TAILQ_FIRST(&pool->waiters);
    while (waiter != NULL && is_held(pool, waiter)) {
        waiter = TAILQ_NEXT(waiter, entry);
    }
    return waiter;
}

/* Whether more may have a link than connections are under way. Looks at few of them. */
static bool wants_more(struct pool *pool)
{
    uint32_t num_free = 0;
    struct pool_waiter *waiter = TAILQ_FIRST(&pool->waiters);
    while (waiter != NULL && num_free <= pool->num_connecting) {
        num_free += is_held(pool, waiter) ? 0 : 1;
        waiter = TAILQ_NEXT(waiter, entry);
    }
    return num_free > pool->num_connecting;
}

static void dequeue(struct pool *pool, struct pool_waiter *waiter)
{
    TAILQ_REMOVE(&pool->waiters, waiter, entry);
    waiter->is_queued = false;
    pool->num_waiters--;
    if (first_free(pool) == NULL) {
        pool_share_sated(pool->share, pool->worker->index);
    }
    deadline_disarm(&pool->wait);
    const struct pool_waiter *first = TAILQ_FIRST(&pool->waiters);
    if (first != NULL) {
        deadline_arm(pool->worker, &pool->wait, first->since_us + pool->config->wait_timeout_us);
    }
}

static void refuse_first(struct pool *pool, enum pool_refusal why)
{
    struct pool_waiter *waiter = TAILQ_FIRST(&pool->waiters);
    dequeue(pool, waiter);
    pool->ops->refuse(pool, waiter, why);
}

bool pool_is_down(const struct pool *pool)
{
    return pool->num_failures > 0 && pool->num_links == 0 &&
           pool->worker->now_us < pool->retry_at_us;
}

static void open_one(struct pool *pool)
{
    struct pool_link *link = pool->ops->open(pool);
    check(link != NULL && link->place == POOL_OUTSIDE);
    link->place = POOL_CONNECTING;
    link->born_us = pool->worker->now_us;
    link->generation = pool->generation;
    pool->num_links++;
    pool->num_connecting++;
}

/* What every worker may have when all of them want links. */
static bool has_its_share(const struct pool *pool)
{
    uint32_t fair = pool_share_fair(pool->share);
    return pool->num_links >= (fair > 0 ? fair : 1);
}

/* Others hold every link although this worker has fewer than its share: ask for one. */
static void ask_others(struct pool *pool)
{
    if (has_its_share(pool)) {
        pool_share_sated(pool->share, pool->worker->index);
        return;
    }
    if (pool_share_want(pool->share, pool->worker->index)) {
        pool->ops->wake(pool, ~(UINT64_C(1) << pool->worker->index));
    }
}

/* Starts as many connections as are of use. */
static void feed(struct pool *pool)
{
    if (pool->worker->now_us < pool->retry_at_us) {
        if (pool->num_waiters > 0 && !deadline_armed(&pool->retry)) {
            deadline_arm(pool->worker, &pool->retry, pool->retry_at_us);
        }
        return;
    }
    uint32_t limit = pool->num_failures > 0 ? 1 : CONNECTING_MAX;
    while (pool->num_connecting < limit && wants_more(pool)) {
        if (!pool_share_take(pool->share)) {
            ask_others(pool);
            return;
        }
        open_one(pool);
    }
}

/* Another worker has fewer links than its share and this one could do without. */
static bool should_yield(const struct pool *pool)
{
    return pool_share_others(pool->share, pool->worker->index) != 0 &&
           (pool->num_waiters == 0 || pool->num_links > pool_share_fair(pool->share));
}

static bool has_tenure(const struct pool *pool, const struct pool_link *link)
{
    return pool->worker->now_us < link->born_us + TENURE_US;
}

/* Gives up the idle link that was used longest ago, now or when its time here is up. */
static void yield_idle(struct pool *pool)
{
    struct pool_link *link = TAILQ_LAST(&pool->idle, pool_link_list);
    if (link == NULL || !should_yield(pool)) {
        return;
    }
    if (has_tenure(pool, link)) {
        deadline_arm(pool->worker, &pool->yield, link->born_us + TENURE_US);
        return;
    }
    discard(pool, link);
    arm_expiry(pool);
}

static void on_yield(struct deadline *d)
{
    yield_idle(owner_of(d, struct pool, yield));
}

static void on_wait(struct deadline *d)
{
    struct pool *pool = owner_of(d, struct pool, wait);
    int64_t oldest_us = pool->worker->now_us - pool->config->wait_timeout_us;
    while (pool->num_waiters > 0 && TAILQ_FIRST(&pool->waiters)->since_us <= oldest_us) {
        refuse_first(pool, POOL_TIMEOUT);
    }
}

static void on_retry(struct deadline *d)
{
    feed(owner_of(d, struct pool, retry));
}

static void on_expiry(struct deadline *d)
{
    struct pool *pool = owner_of(d, struct pool, expiry);
    struct pool_link *link = TAILQ_LAST(&pool->idle, pool_link_list);
    while (link != NULL) {
        struct pool_link *next = TAILQ_PREV(link, pool_link_list, entry);
        if (expiry_of(pool, link) <= pool->worker->now_us) {
            discard(pool, link);
        }
        link = next;
    }
    arm_expiry(pool);
}

void pool_init(struct pool *pool, struct worker *worker, const struct pool_ops *ops,
               const struct config_pool *config, struct pool_share *share)
{
    *pool = (struct pool){.worker = worker, .ops = ops, .config = config, .share = share};
    TAILQ_INIT(&pool->idle);
    TAILQ_INIT(&pool->waiters);
    deadline_init(&pool->wait, on_wait);
    deadline_init(&pool->retry, on_retry);
    deadline_init(&pool->expiry, on_expiry);
    deadline_init(&pool->yield, on_yield);
}

void pool_fini(struct pool *pool)
{
    check(pool->num_links == 0 && pool->num_waiters == 0);
    deadline_disarm(&pool->wait);
    deadline_disarm(&pool->retry);
    deadline_disarm(&pool->expiry);
    deadline_disarm(&pool->yield);
}

void pool_configure(struct pool *pool, const struct config_pool *config)
{
    pool->config = config;
}

static struct pool_link *take_idle(struct pool *pool)
{
    struct pool_link *link = TAILQ_FIRST(&pool->idle);
    while (link != NULL && is_stale(pool, link)) {
        discard(pool, link);
        link = TAILQ_FIRST(&pool->idle);
    }
    if (link != NULL) {
        TAILQ_REMOVE(&pool->idle, link, entry);
        link->place = POOL_LENT;
        arm_expiry(pool);
    }
    return link;
}

struct pool_link *pool_acquire(struct pool *pool, struct pool_waiter *waiter)
{
    check(!waiter->is_queued);
    bool has_to_wait = is_held(pool, waiter);
    struct pool_link *link = has_to_wait ? NULL : take_idle(pool);
    if (link != NULL) {
        check(first_free(pool) == NULL);
        return link;
    }
    if (!has_to_wait && pool_is_down(pool)) {
        pool->ops->refuse(pool, waiter, POOL_UNAVAILABLE);
        return NULL;
    }
    waiter->since_us = pool->worker->now_us;
    waiter->is_queued = true;
    TAILQ_INSERT_TAIL(&pool->waiters, waiter, entry);
    pool->num_waiters++;
    if (pool->num_waiters == 1) {
        deadline_arm(pool->worker, &pool->wait, waiter->since_us + pool->config->wait_timeout_us);
    }
    feed(pool);
    return NULL;
}

void pool_leave(struct pool *pool, struct pool_waiter *waiter)
{
    if (waiter->is_queued) {
        dequeue(pool, waiter);
    }
}

void pool_put(struct pool *pool, struct pool_link *link)
{
    check(link->place == POOL_CONNECTING || link->place == POOL_LENT);
    if (link->place == POOL_CONNECTING) {
        pool->num_connecting--;
        pool->num_failures = 0;
        pool->retry_at_us = 0;
    }
    link->place = POOL_LENT;
    if (is_stale(pool, link) || (should_yield(pool) && !has_tenure(pool, link))) {
        discard(pool, link);
        feed(pool);
        return;
    }
    struct pool_waiter *waiter = first_free(pool);
    if (waiter != NULL) {
        dequeue(pool, waiter);
        pool->ops->grant(pool, waiter, link);
        return;
    }
    link->place = POOL_IDLE;
    link->idle_since_us = pool->worker->now_us;
    TAILQ_INSERT_HEAD(&pool->idle, link, entry);
    arm_expiry(pool);
    yield_idle(pool);
}

static void back_off(struct pool *pool)
{
    int64_t delay_us = BACKOFF_FIRST_US;
    for (uint32_t i = 0; i < pool->num_failures && delay_us < BACKOFF_MAX_US; i++) {
        delay_us *= 2;
    }
    pool->num_failures++;
    pool->retry_at_us = pool->worker->now_us + min_i64(delay_us, BACKOFF_MAX_US);
}

void pool_gone(struct pool *pool, struct pool_link *link)
{
    if (link->place == POOL_OUTSIDE) {
        return;
    }
    bool has_failed = link->place == POOL_CONNECTING &&
                      (pool->ops->has_more == NULL || !pool->ops->has_more(pool));
    forget(pool, link);
    if (has_failed) {
        back_off(pool);
    }
    if (has_failed && pool->num_links == 0) {
        for (uint32_t left = pool->num_waiters; left > 0; left--) {
            refuse_first(pool, POOL_UNAVAILABLE);
        }
    }
    feed(pool);
}

void pool_retire(struct pool *pool)
{
    pool->generation++;
    while (!TAILQ_EMPTY(&pool->idle)) {
        discard(pool, TAILQ_FIRST(&pool->idle));
    }
    arm_expiry(pool);
}

void pool_resume(struct pool *pool)
{
    struct pool_waiter *waiter = first_free(pool);
    while (waiter != NULL) {
        struct pool_link *link = take_idle(pool);
        if (link == NULL) {
            feed(pool);
            return;
        }
        dequeue(pool, waiter);
        pool->ops->grant(pool, waiter, link);
        waiter = first_free(pool);
    }
}

void pool_wake(struct pool *pool)
{
    yield_idle(pool);
    feed(pool);
}
