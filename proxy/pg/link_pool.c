/* SPDX-License-Identifier: Apache-2.0
 *
 * Between lendings. A link whose server may hold state of the last session is scrubbed: DISCARD
 * ALL, and the pool gets it only if the server answered with that very command's completion and
 * ReadyForQuery 'I'. Any other message on a link that nobody has closes it, but for the reports a
 * server may send at any time.
 *
 * Never lends a link that still has a cancel request under way: it could hit the next session. */
#include "proxy/pg/link_pool.h"

#include "policy/config/config.h"
#include "protocol/check.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_request.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/owner.h"
#include "proxy/pg/cancel.h"
#include "proxy/pg/endpoints.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/service.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/statement_map.h"

#define SCRUB_TEXT     "DISCARD ALL"
#define SCRUB_ROOM     ((size_t)32)
#define SCRUB_LIMIT_US INT64_C(5000000)
#define MESSAGE_MAX    ((size_t)64 * 1024)

static struct pg_upstream *upstream_of(const struct link *link)
{
    return pg_upstream_of_link(link);
}

static void set_settings(struct link *link, struct settings *settings)
{
    struct pg_worker *pg = upstream_of(link)->pg;
    settings_unref(&pg->settings, &link->settings);
    link->settings = settings == NULL ? NULL : settings_ref(settings);
}

static void put(struct link *link)
{
    struct pg_upstream *upstream = upstream_of(link);
    if (link->is_stale) {
        link_discard(link);
        return;
    }
    link_enter(link, LINK_IDLE);
    metrics_add(upstream->metrics, METRIC_LINKS_ACTIVE, -1);
    metrics_add(upstream->metrics, METRIC_LINKS_IDLE, 1);
    pool_put(&upstream->pool, &link->pooled);
}

static void scrub(struct link *link)
{
    link_enter(link, LINK_SCRUBBING);
    link_statements_clear(&link->statements);
    statement_unref(&link->unnamed.statement);
    link->sequences_of = 0;
    set_settings(link, upstream_of(link)->pg->no_settings);
    struct outgoing out;
    if (owed_push(&link->owed, PG_REPLY_QUERY, OWED_SWALLOW, NULL) != PG_REPLY_QUEUED ||
        !outgoing_begin(&out, &link->stream, SCRUB_ROOM)) {
        link_discard(link);
        return;
    }
    pg_write_query(&out.writer, slice_text(SCRUB_TEXT));
    check(outgoing_end(&out));
    deadline_arm(link->worker, &link->deadline, link->worker->now_us + SCRUB_LIMIT_US);
}

void link_give_back(struct link *link)
{
    check(link->session == NULL);
    link->has_local_settings = false;
    if (link->is_out_of_step || link->is_stale || !pg_reply_is_sound(&link->owed.tracker)) {
        link_discard(link);
    } else if (!LIST_EMPTY(&link->cancels)) {
        link_enter(link, LINK_HELD);
    } else if (link->is_dirty) {
        scrub(link);
    } else {
        put(link);
    }
}

void link_cancel_ended(struct link *link)
{
    if (link->state == LINK_HELD && LIST_EMPTY(&link->cancels)) {
        if (link->is_out_of_step || link->is_stale) {
            link_discard(link);
        } else if (link->is_dirty) {
            scrub(link);
        } else {
            put(link);
        }
    }
}

/* Which gauge counts a link in that state; -1 none. */
static int gauge_of(enum link_state state)
{
    switch (state) {
    case LINK_CONNECTING:
    case LINK_LOGIN:
        return METRIC_LINKS_CONNECTING;
    case LINK_IDLE:
        return METRIC_LINKS_IDLE;
    case LINK_LENT:
    case LINK_SCRUBBING:
    case LINK_HELD:
        return METRIC_LINKS_ACTIVE;
    case LINK_CLOSED:
    case LINK_STATES:
        break;
    }
    return -1;
}

static void uncount(struct link *link)
{
    int gauge = gauge_of(link->state);
    if (gauge >= 0) {
        metrics_add(upstream_of(link)->metrics, (enum metric)gauge, -1);
    }
}

void link_discard(struct link *link)
{
    check(link->session == NULL);
    if (link->state == LINK_CLOSED) {
        return;
    }
    uncount(link);
    set_settings(link, NULL);
    cancel_forget_link(link);
    LIST_REMOVE(link, entry);
    struct pool *pool = &upstream_of(link)->pool;
    link_close(link);
    pool_gone(pool, &link->pooled);
}

/* What a server may say unasked. False: the link is no good any more. */
static bool take_report(struct link *link, const struct pg_frame *frame)
{
    struct pg_parameter_status status;
    bool is_passthrough = link->target->upstream->is_passthrough;
    if (frame->type == 'N' || frame->type == 'A') {
        return true;
    }
    if (frame->type != 'S' || pg_parameter_status_decode(frame->body, &status) != PG_OK ||
        (!is_passthrough &&
         server_parameter_check(status.name, status.value) != SERVER_PARAMETER_FINE)) {
        return false;
    }
    pg_endpoints_report(upstream_of(link), link, &status);
    return true;
}

/* One message of the answer to DISCARD ALL; false: it is not what it must be. */
static bool take_scrub_answer(struct link *link, const struct pg_frame *frame)
{
    struct slice tag;
    enum pg_ready ready;
    struct pg_reply reply;
    if (frame->type == 'C') {
        return pg_text_decode(frame->body, &tag) == PG_OK &&
               slice_equal(tag, slice_text(SCRUB_TEXT)) &&
               pg_reply_feed(&link->owed.tracker, 'C', &reply) == PG_REPLY_PART;
    }
    if (frame->type != 'Z' || pg_ready_decode(frame->body, &ready) != PG_OK ||
        ready != PG_READY_IDLE ||
        pg_reply_feed_ready(&link->owed.tracker, ready, &reply) != PG_REPLY_LAST) {
        return false;
    }
    link->is_dirty = false;
    deadline_disarm(&link->deadline);
    return true;
}

/* Input of a link that no session has. */
static void take_input(struct link *link)
{
    struct pg_frame frame;
    bool was_scrubbing = link->state == LINK_SCRUBBING;
    while (pg_frame_next(stream_input(&link->stream), PG_SERVER, MESSAGE_MAX, &frame) ==
           SCAN_DONE) {
        bool is_fine = take_report(link, &frame) ||
                       (link->state == LINK_SCRUBBING && take_scrub_answer(link, &frame));
        if (!is_fine) {
            link_fail(link, "unexpected message on a link that nobody has");
            return;
        }
        stream_consume(&link->stream, frame.whole.len);
    }
    if (was_scrubbing && !link->is_dirty && stream_input(&link->stream).len == 0) {
        put(link);
    }
}

static void on_input(struct link *link)
{
    if (link->state == LINK_LENT) {
        session_replies(link->session);
    } else {
        take_input(link);
    }
}

static void on_drained(struct link *link)
{
    if (link->session != NULL) {
        session_continue(link->session);
    }
}

/* Reads are for all standbys: the next link goes to another one. */
static void spread(struct pg_upstream *upstream, const struct link *link)
{
    if (upstream->target.wanted == CONFIG_TARGET_STANDBY ||
        upstream->target.wanted == CONFIG_TARGET_PREFER_STANDBY) {
        upstream->target.endpoint = link->endpoint + 1;
    }
}

static void on_ready(struct link *link)
{
    struct pg_upstream *upstream = upstream_of(link);
    upstream->num_tried = 0;
    spread(upstream, link);
    set_settings(link, upstream->pg->no_settings);
    server_parameters_fini(&upstream->parameters);
    upstream->parameters = *link_parameters(link);
    *link_parameters(link) = (struct server_parameters){.num_items = 0};
    pg_service_learn(upstream->pg->service, upstream->name, &upstream->parameters);
    metrics_add(upstream->metrics, METRIC_LINKS_CONNECTING, -1);
    metrics_add(upstream->metrics, METRIC_LINKS_IDLE, 1);
    log_event(LOG_LINK_READY, log_text("upstream", upstream->name));
    pool_put(&upstream->pool, &link->pooled);
}

/* The next link goes to the next endpoint. Others may be on their way to this one, too. */
static void note_failure(struct pg_upstream *upstream, const struct link *link)
{
    if (upstream->target.endpoint == link->endpoint) {
        upstream->target.endpoint++;
        upstream->num_tried++;
    }
}

/* The first round may only show that there is no standby. */
static bool has_more(struct pool *pool)
{
    const struct pg_upstream *upstream = owner_of(pool, struct pg_upstream, pool);
    size_t rounds = upstream->target.wanted == CONFIG_TARGET_PREFER_STANDBY ? 2 : 1;
    return upstream->num_tried % (rounds * upstream->target.upstream->num_endpoints) != 0;
}

static void on_gone(struct link *link, const char *reason)
{
    struct pg_upstream *upstream = upstream_of(link);
    if (link->state == LINK_CONNECTING || link->state == LINK_LOGIN) {
        note_failure(upstream, link);
        if (!link->is_unfit) {
            pg_endpoints_failed(upstream, link);
        }
        metrics_add(upstream->metrics, METRIC_CONNECT_FAILURES, 1);
        log_event(LOG_LINK_FAILED, log_text("upstream", upstream->name),
                  log_text("reason", reason));
    } else {
        metrics_add(upstream->metrics, METRIC_LINKS_LOST, 1);
    }
    if (link->session != NULL) {
        session_link_gone(link->session, reason);
    }
    link_discard(link);
}

/* One that is lent or scrubbed is closed when it is given back. */
static void on_stale(struct link *link)
{
    if (link->state == LINK_IDLE) {
        link_discard(link);
    }
}

static const char *unfit(struct link *link)
{
    return pg_endpoints_unfit(upstream_of(link), link);
}

static const struct link_ops link_callbacks = {.ready = on_ready,
                                               .gone = on_gone,
                                               .input = on_input,
                                               .drained = on_drained,
                                               .stale = on_stale,
                                               .unfit = unfit};

static struct link *link_of(struct pool_link *pooled)
{
    return owner_of(pooled, struct link, pooled);
}

static struct pool_link *open_link(struct pool *pool)
{
    struct pg_upstream *upstream = owner_of(pool, struct pg_upstream, pool);
    metrics_add(upstream->metrics, METRIC_CONNECTS, 1);
    metrics_add(upstream->metrics, METRIC_LINKS_CONNECTING, 1);
    log_event(LOG_LINK_OPENED, log_text("upstream", upstream->name));
    upstream->target.endpoint = pg_endpoints_next(upstream);
    struct link *link =
        link_open(upstream->pg->worker, &upstream->target, &link_callbacks, upstream);
    LIST_INSERT_HEAD(&upstream->links, link, entry);
    return &link->pooled;
}

/* The pool has forgotten it already. */
static void close_link(struct pool *pool, struct pool_link *pooled)
{
    (void)pool;
    link_discard(link_of(pooled));
}

static void grant(struct pool *pool, struct pool_waiter *waiter, struct pool_link *pooled)
{
    (void)pool;
    session_granted(owner_of(waiter, struct session, waiter), link_of(pooled));
}

static void refuse(struct pool *pool, struct pool_waiter *waiter, enum pool_refusal why)
{
    (void)pool;
    session_not_granted(owner_of(waiter, struct session, waiter), why);
}

static bool is_held(struct pool *pool, struct pool_waiter *waiter)
{
    const struct pg_upstream *upstream = owner_of(pool, struct pg_upstream, pool);
    const struct session *s = owner_of(waiter, struct session, waiter);
    return holds_session(&upstream->pg->holds, HOLD_PAUSED, upstream->target.upstream->name,
                         session_tenant(s));
}

static void wake(struct pool *pool, uint64_t workers)
{
    pg_service_wake(owner_of(pool, struct pg_upstream, pool), workers);
}

const struct pool_ops link_pool_ops = {.open = open_link,
                                       .close = close_link,
                                       .grant = grant,
                                       .refuse = refuse,
                                       .wake = wake,
                                       .has_more = has_more,
                                       .is_held = is_held};
