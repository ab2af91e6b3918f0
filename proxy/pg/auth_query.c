/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue in front of the link. Each turn the first who waits is looked up in what is known, and
 * asked for if it is not; so many logins of one user cost one question. Invariants: while somebody
 * waits the link is being opened or a question is under way, and both have a deadline; a closed
 * query is in no list and has no waiter.
 *
 * The database being out of reach refuses everybody who waits, and for a moment everybody who
 * comes; it never lets anybody in. What an operator changed of roles counts within
 * auth.query.cache, and at once after a reload: another configuration has another query, with
 * nothing known. */
#include "proxy/pg/auth_query.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/scram_keys.h"
#include "protocol/utf8.h"
#include "proxy/log.h"
#include "proxy/net/deadline.h"
#include "proxy/net/encryption.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "proxy/pg/auth_answer.h"
#include "proxy/pg/auth_cache.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/query_link.h"

#define AUTH_QUERY_TAG 0x61757175U       /* "auqu" */
#define IDLE_US        INT64_C(60000000) /* of a link that nobody asks on */
#define DOWN_US        INT64_C(500000)   /* after a failure, before it is tried again */

TAILQ_HEAD(waiter_list, auth_waiter);

enum auth_query_state {
    AUTH_QUERY_CLOSED, /* no link */
    AUTH_QUERY_OPENING,
    AUTH_QUERY_RESTING,
    AUTH_QUERY_ASKING,
};

struct auth_query {
    uint32_t tag;
    enum auth_query_state state;
    struct pg_worker *pg;                   /* borrows */
    struct snapshot *snapshot;              /* shares; holds listener */
    const struct config_listener *listener; /* borrows; has a query */
    struct query_link link;
    int64_t opened_us;
    int64_t down_until_us;
    struct deadline idle; /* of the link while RESTING */
    struct waiter_list waiting;
    unsigned num_waiting;
    struct auth_cache cache;
    struct auth_answer answer; /* to what is asked, while ASKING */
    size_t asked_len;
    char asked[AUTH_NAME_MAX]; /* who is asked for; who asked may be gone */
    LIST_ENTRY(auth_query) entry;
    struct worker_deferred deferred;
};

static struct auth_query *query_of(struct query_link *link)
{
    struct auth_query *q = owner_of(link, struct auth_query, link);
    check(q->tag == AUTH_QUERY_TAG);
    return q;
}

static const struct config_auth_query *config_of(const struct auth_query *q)
{
    return q->listener->query;
}

static int64_t now_us(const struct auth_query *q)
{
    return q->pg->worker->now_us;
}

static struct slice asked_user(const struct auth_query *q)
{
    return slice_of(q->asked, q->asked_len);
}

/* Whether logins that begin now are for it. */
static bool is_current(const struct auth_query *q)
{
    return snapshot_config(q->snapshot) == snapshot_config(q->pg->worker->snapshot);
}

static void free_query(struct worker_deferred *deferred)
{
    struct auth_query *q = owner_of(deferred, struct auth_query, deferred);
    check(q->tag == AUTH_QUERY_TAG && q->num_waiting == 0);
    query_link_fini(&q->link);
    scram_cleanse(&q->answer, sizeof q->answer);
    auth_cache_fini(&q->cache);
    snapshot_unref(&q->snapshot);
    q->tag = 0;
    free(q);
}

static void release(struct auth_query *q)
{
    LIST_REMOVE(q, entry);
    deadline_disarm(&q->idle);
    query_link_close(&q->link);
    q->state = AUTH_QUERY_CLOSED;
    worker_defer(q->pg->worker, &q->deferred, free_query);
}

void auth_query_leave(struct auth_waiter *waiter)
{
    if (waiter->query != NULL) {
        TAILQ_REMOVE(&waiter->query->waiting, waiter, entry);
        waiter->query->num_waiting--;
        waiter->query = NULL;
    }
}

static void tell(struct auth_waiter *waiter, enum auth_found found,
                 const struct scram_verifier *verifier)
{
    auth_query_leave(waiter);
    waiter->told(waiter, found, verifier);
}

/* Tells who waits for that user; nobody else leaves meanwhile. */
static void tell_of(struct auth_query *q, struct slice user, enum auth_found found)
{
    struct auth_waiter *next;
    for (struct auth_waiter *w = TAILQ_FIRST(&q->waiting); w != NULL; w = next) {
        next = TAILQ_NEXT(w, entry);
        if (slice_equal(slice_text(w->user), user)) {
            tell(w, found, NULL);
        }
    }
}

/* Nobody waits: the link is kept for a while, or all of it ends with its configuration. */
static void rest(struct auth_query *q)
{
    if (!is_current(q)) {
        release(q);
    } else if (q->state != AUTH_QUERY_CLOSED) {
        q->state = AUTH_QUERY_RESTING;
        deadline_arm(q->pg->worker, &q->idle, now_us(q) + IDLE_US);
    }
}

/* Nobody is told: it is opened again when it is needed. */
static void close_at_rest(struct auth_query *q)
{
    check(q->state == AUTH_QUERY_RESTING && q->num_waiting == 0);
    deadline_disarm(&q->idle);
    query_link_close(&q->link);
    q->state = AUTH_QUERY_CLOSED;
}

static void on_idle(struct deadline *d)
{
    struct auth_query *q = owner_of(d, struct auth_query, idle);
    check(q->tag == AUTH_QUERY_TAG);
    close_at_rest(q);
}

static void log_failure(const struct auth_query *q, const char *reason)
{
    log_event(LOG_AUTH_QUERY_FAILED, log_text("listener", q->listener->name),
              log_text("upstream", config_of(q)->upstream->name), log_text("error", reason));
}

/* The database cannot be asked: so says everybody's last message. */
static void refuse_all(struct auth_query *q, const char *reason)
{
    log_failure(q, reason);
    scram_cleanse(&q->answer, sizeof q->answer);
    query_link_close(&q->link);
    deadline_disarm(&q->idle);
    q->state = AUTH_QUERY_CLOSED;
    q->down_until_us = now_us(q) + DOWN_US;
    struct auth_waiter *first;
    while ((first = TAILQ_FIRST(&q->waiting)) != NULL) {
        tell(first, AUTH_FOUND_FAILED, NULL);
    }
    rest(q);
}

/* False: out of memory. */
static bool ask(struct auth_query *q, struct slice user)
{
    struct slice sql = slice_text(config_of(q)->sql);
    struct outgoing out;
    check(user.len <= sizeof q->asked);
    if (!query_link_begin(&q->link, &out, auth_question_room(sql, user))) {
        return false;
    }
    auth_question_write(&out.writer, sql, user);
    if (!outgoing_end(&out)) {
        return false;
    }
    memcpy(q->asked, user.ptr, user.len);
    q->asked_len = user.len;
    auth_answer_init(&q->answer);
    deadline_disarm(&q->idle);
    query_link_limit(&q->link, now_us(q) + config_of(q)->timeout_us);
    q->state = AUTH_QUERY_ASKING;
    return true;
}

/* Whatever is known by now is told; the first that is not is asked for. */
static void serve(struct auth_query *q)
{
    struct auth_waiter *first;
    while ((first = TAILQ_FIRST(&q->waiting)) != NULL) {
        struct scram_verifier verifier;
        switch (auth_cache_find(&q->cache, slice_text(first->user), now_us(q), &verifier)) {
        case AUTH_CACHED_USER:
            tell(first, AUTH_FOUND_USER, &verifier);
            scram_cleanse(&verifier, sizeof verifier);
            break;
        case AUTH_CACHED_NOBODY:
            tell(first, AUTH_FOUND_NOBODY, NULL);
            break;
        case AUTH_CACHED_NOTHING:
            if (!ask(q, slice_text(first->user))) {
                refuse_all(q, "out of memory");
            }
            return;
        }
    }
    rest(q);
}

static void on_ready(struct query_link *link)
{
    struct auth_query *q = query_of(link);
    q->state = AUTH_QUERY_RESTING;
    q->opened_us = now_us(q);
    serve(q);
}

/* Never longer than the user may log in. */
static int64_t good_until_us(const struct auth_query *q)
{
    int64_t cache_us = config_of(q)->cache_us;
    return now_us(q) + (q->answer.left_us < cache_us ? q->answer.left_us : cache_us);
}

static void log_nobody(const struct auth_query *q)
{
    if (q->answer.why != NULL) {
        char name[AUTH_NAME_MAX + 1] = {0};
        memcpy(name, q->asked, q->asked_len);
        log_event(LOG_AUTH_QUERY_REFUSED, log_text("listener", q->listener->name),
                  log_text("user", name), log_text("reason", q->answer.why));
    }
}

/* The question is answered, and the link is good for another. */
static void take_outcome(struct auth_query *q, enum auth_outcome outcome)
{
    query_link_limit_none(&q->link);
    q->state = AUTH_QUERY_RESTING;
    if (outcome == AUTH_OUTCOME_USER) {
        auth_cache_put(&q->cache, asked_user(q), &q->answer.verifier, good_until_us(q));
    } else if (outcome == AUTH_OUTCOME_NOBODY) {
        log_nobody(q);
        auth_cache_put(&q->cache, asked_user(q), NULL, now_us(q) + config_of(q)->cache_us);
    } else {
        log_failure(q, q->answer.failure);
        tell_of(q, asked_user(q), AUTH_FOUND_FAILED);
    }
    scram_cleanse(&q->answer.verifier, sizeof q->answer.verifier);
    serve(q);
}

static void on_message(struct query_link *link, const struct pg_frame *frame)
{
    struct auth_query *q = query_of(link);
    if (q->state != AUTH_QUERY_ASKING) { /* its last words, or it is not in its senses */
        close_at_rest(q);
        return;
    }
    enum auth_outcome outcome = auth_answer_take(&q->answer, asked_user(q), frame);
    if (outcome == AUTH_OUTCOME_BROKEN) {
        refuse_all(q, q->answer.failure);
    } else if (outcome != AUTH_OUTCOME_MORE) {
        take_outcome(q, outcome);
    }
}

static void on_failed(struct query_link *link, const char *reason)
{
    struct auth_query *q = query_of(link);
    if (q->state == AUTH_QUERY_RESTING) {
        close_at_rest(q);
    } else {
        refuse_all(q, reason);
    }
}

static const struct query_link_ops callbacks = {
    .ready = on_ready, .message = on_message, .failed = on_failed};

/* The upstream as it is asked: elsewhere in it, and as somebody else. Borrows. */
static struct config_upstream asked_upstream(const struct config_auth_query *query)
{
    struct config_upstream upstream = *query->upstream;
    upstream.database = query->database != NULL ? query->database : upstream.database;
    upstream.user = query->user;
    upstream.password = query->password;
    upstream.password_file = query->password_file;
    return upstream;
}

static struct auth_query *query_new(struct pg_worker *pg, struct snapshot *snapshot,
                                    const struct config_listener *listener)
{
    struct auth_query *q = mem_new(sizeof *q);
    struct config_upstream upstream = asked_upstream(listener->query);
    q->tag = AUTH_QUERY_TAG;
    q->pg = pg;
    q->snapshot = snapshot_ref(snapshot);
    q->listener = listener;
    query_link_init(&q->link, pg->worker, &upstream,
                    encryption_of_upstream(snapshot, listener->query->upstream), &callbacks);
    deadline_init(&q->idle, on_idle);
    TAILQ_INIT(&q->waiting);
    auth_cache_init(&q->cache, &pg->key);
    LIST_INSERT_HEAD(&pg->auth_queries, q, entry);
    return q;
}

/* Listeners are told apart by where they are in their configuration, which the query holds. */
static struct auth_query *query_for(struct pg_worker *pg, struct snapshot *snapshot,
                                    const struct config_listener *listener)
{
    struct auth_query *q;
    LIST_FOREACH(q, &pg->auth_queries, entry)
    {
        if (q->listener == listener) {
            return q;
        }
    }
    return query_new(pg, snapshot, listener);
}

/* No database has a name like that, and some would fail over it. */
static bool is_askable(struct slice user)
{
    return user.len > 0 && user.len <= AUTH_NAME_MAX && utf8_is_valid(user, UTF8_NUL_REFUSED);
}

static bool is_worn_out(const struct auth_query *q)
{
    return now_us(q) - q->opened_us >= config_of(q)->upstream->pool.lifetime_us;
}

static void open_link(struct auth_query *q)
{
    deadline_disarm(&q->idle);
    query_link_close(&q->link);
    q->state = AUTH_QUERY_OPENING;
    query_link_open(&q->link);
}

/* False: it cannot be asked for now. */
static bool begin_to_ask(struct auth_query *q, struct slice user)
{
    switch (q->state) {
    case AUTH_QUERY_CLOSED:
        if (now_us(q) < q->down_until_us) {
            return false;
        }
        open_link(q);
        return true;
    case AUTH_QUERY_RESTING:
        if (is_worn_out(q)) {
            open_link(q);
            return true;
        }
        return ask(q, user);
    case AUTH_QUERY_OPENING:
    case AUTH_QUERY_ASKING:
        break;
    }
    return true; /* it is its turn later */
}

enum auth_found auth_query_find(struct pg_worker *pg, struct snapshot *snapshot,
                                const struct config_listener *listener, struct auth_waiter *waiter,
                                struct scram_verifier *out)
{
    struct slice user = slice_text(waiter->user);
    check(listener->query != NULL && waiter->query == NULL && waiter->told != NULL);
    if (!is_askable(user)) {
        return AUTH_FOUND_NOBODY;
    }
    struct auth_query *q = query_for(pg, snapshot, listener);
    switch (auth_cache_find(&q->cache, user, now_us(q), out)) {
    case AUTH_CACHED_USER:
        return AUTH_FOUND_USER;
    case AUTH_CACHED_NOBODY:
        return AUTH_FOUND_NOBODY;
    case AUTH_CACHED_NOTHING:
        break;
    }
    if (q->num_waiting == AUTH_WAITING_MAX || !begin_to_ask(q, user)) {
        return AUTH_FOUND_FAILED;
    }
    waiter->query = q;
    TAILQ_INSERT_TAIL(&q->waiting, waiter, entry);
    q->num_waiting++;
    return AUTH_FOUND_LATER;
}

void auth_queries_refresh(struct pg_worker *pg)
{
    struct auth_query *next;
    for (struct auth_query *q = LIST_FIRST(&pg->auth_queries); q != NULL; q = next) {
        next = LIST_NEXT(q, entry);
        if (is_current(q)) { /* only catalogues have changed */
            struct snapshot *old = q->snapshot;
            q->snapshot = snapshot_ref(pg->worker->snapshot);
            snapshot_unref(&old);
        } else if (q->num_waiting == 0) {
            release(q);
        }
    }
}

void auth_queries_stop(struct pg_worker *pg)
{
    while (!LIST_EMPTY(&pg->auth_queries)) {
        check(LIST_FIRST(&pg->auth_queries)->num_waiting == 0);
        release(LIST_FIRST(&pg->auth_queries));
    }
}
