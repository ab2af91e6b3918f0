/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a shared link. Invariant: only a READY link takes requests, so whenever a session is
 * owed a reply its link is READY, and a link that is lost leaves nobody waiting: everyone who is
 * owed a reply gets an error (or is closed, if part of the reply is already with the client), and
 * everyone who waits to send is woken and asks again. The host owns its links; they are freed
 * after the turn. Worker's thread only. */
#include "proxy/redis/link.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/owner.h"
#include "proxy/redis/link_parts.h"
#include "proxy/redis/session.h"

#define LINK_TAG         0x6e1d5117U
#define REST_FIRST_US    INT64_C(100000)   /* after the first failure, doubled with each ... */
#define REST_MOST_US     INT64_C(5000000)  /* ... up to this */
#define REPLY_TIMEOUT_US INT64_C(60000000) /* nothing at all from a server that owes replies */
#define ROOM_AGAIN       (REPLY_TRACKER_CAP / 2)

static const char *const state_names[REDIS_LINK_STATES] = {
    [REDIS_LINK_IDLE] = "idle",         [REDIS_LINK_CONNECTING] = "connecting",
    [REDIS_LINK_GREETING] = "greeting", [REDIS_LINK_READY] = "ready",
    [REDIS_LINK_RESTING] = "resting",   [REDIS_LINK_CLOSED] = "closed",
};

#define TO(state) (1U << REDIS_LINK_##state)
static const unsigned moves[REDIS_LINK_STATES] = {
    [REDIS_LINK_IDLE] = TO(CONNECTING) | TO(RESTING) | TO(CLOSED),
    [REDIS_LINK_CONNECTING] = TO(GREETING) | TO(RESTING) | TO(IDLE) | TO(CLOSED),
    [REDIS_LINK_GREETING] = TO(READY) | TO(RESTING) | TO(IDLE) | TO(CLOSED),
    [REDIS_LINK_READY] = TO(IDLE) | TO(RESTING) | TO(CLOSED),
    [REDIS_LINK_RESTING] = TO(IDLE) | TO(CLOSED),
};
#undef TO

static bool counts_as(enum redis_link_state state, enum metric metric)
{
    return metric == METRIC_LINKS_ACTIVE
               ? state == REDIS_LINK_READY
               : state == REDIS_LINK_CONNECTING || state == REDIS_LINK_GREETING;
}

/* The one writer of link->state. */
static void enter(struct redis_link *link, enum redis_link_state state)
{
    check(moves[link->state] & (1U << state));
    static const enum metric gauges[] = {METRIC_LINKS_ACTIVE, METRIC_LINKS_CONNECTING};
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
        metrics_add(link->metrics, gauges[i],
                    (int64_t)counts_as(state, gauges[i]) - counts_as(link->state, gauges[i]));
    }
    link->state = state;
    if (log_wants(LOG_SESSION_STATE)) {
        log_event(LOG_SESSION_STATE, log_text("upstream", link->upstream->name),
                  log_text("link", state_names[state]));
    }
}

struct redis_link *redis_link_checked(struct redis_link *link)
{
    check(link->tag == LINK_TAG);
    return link;
}

struct redis_link *redis_link_from_stream(struct stream *s)
{
    return redis_link_checked(owner_of(s, struct redis_link, stream));
}

static void watch_for(struct redis_link *link, int64_t duration_us)
{
    deadline_arm(link->host->worker, &link->watch, link->host->worker->now_us + duration_us);
}

static void wake_waiters(struct redis_link *link)
{
    struct redis_session *s = NULL;
    while ((s = TAILQ_FIRST(&link->waiters)) != NULL) {
        TAILQ_REMOVE(&link->waiters, s, wait_entry);
        redis_session_wake(s);
    }
}

void redis_link_wake_if_room(struct redis_link *link)
{
    if (!TAILQ_EMPTY(&link->waiters) && reply_tracker_num_owed(&link->owed) <= ROOM_AGAIN &&
        link->state == REDIS_LINK_READY && !stream_is_full(&link->stream)) {
        wake_waiters(link);
    }
}

/* Losing the connection. */

static void fail_owed(struct redis_link *link)
{
    bool is_partly_given = link->has_reply && link->is_reply_given;
    link->has_reply = false;
    struct reply_owed *front = NULL;
    while ((front = reply_tracker_front(&link->owed)) != NULL) {
        struct redis_session *owner = front->owner;
        reply_tracker_pop(&link->owed);
        if (owner != NULL) {
            redis_session_reply_lost(owner, is_partly_given);
        }
        is_partly_given = false;
    }
}

/* How long to rest after so many failures in a row; 0: try the next endpoint at once. */
static int64_t rest_us(const struct redis_link *link)
{
    uint32_t num_rounds = link->num_failures / (uint32_t)link->upstream->num_endpoints;
    if (link->num_failures % link->upstream->num_endpoints != 0) {
        return 0;
    }
    int64_t rest = REST_FIRST_US;
    for (uint32_t i = 1; i < num_rounds && rest < REST_MOST_US; i++) {
        rest *= 2;
    }
    return rest < REST_MOST_US ? rest : REST_MOST_US;
}

static void note_loss(struct redis_link *link, const char *reason, bool was_ready)
{
    bool is_quiet = was_ready && reply_tracker_num_owed(&link->owed) == 0;
    log_event(is_quiet ? LOG_LINK_CLOSED : LOG_LINK_FAILED,
              log_text("upstream", link->upstream->name), log_text("reason", reason),
              log_text("state", state_names[link->state]));
    metrics_add(link->metrics, was_ready ? METRIC_LINKS_LOST : METRIC_CONNECT_FAILURES, 1);
}

void redis_link_lost(struct redis_link *link, const char *reason)
{
    if (!stream_is_open(&link->stream) && link->state != REDIS_LINK_CONNECTING &&
        link->state != REDIS_LINK_GREETING && link->state != REDIS_LINK_READY) {
        return;
    }
    bool was_ready = link->state == REDIS_LINK_READY;
    note_loss(link, reason, was_ready);
    redis_link_end_stall(link);
    dial_suspect(&link->dial);
    dial_end(&link->dial);
    stream_close(&link->stream);
    deadline_disarm(&link->watch);
    /* Lost before it was of any use is a failure too: else it would be tried again without end. */
    bool was_useful = was_ready && link->has_served;
    link->num_failures = was_useful ? 0 : link->num_failures + 1;
    link->endpoint += was_useful ? 0 : 1;
    int64_t rest = was_useful ? 0 : rest_us(link);
    enter(link, rest > 0 ? REDIS_LINK_RESTING : REDIS_LINK_IDLE);
    if (rest > 0) {
        watch_for(link, rest);
    } else if (link->num_sessions == 0) {
        watch_for(link, link->upstream->pool.idle_timeout_us);
    }
    fail_owed(link);
    wake_waiters(link);
}

/* The stream's callbacks. */

static void on_input(struct stream *s)
{
    redis_link_take_replies(redis_link_from_stream(s));
}

static void on_drained(struct stream *s)
{
    redis_link_wake_if_room(redis_link_from_stream(s));
}

static void on_closed(struct stream *s, enum stream_end end, int error)
{
    struct redis_link *link = redis_link_from_stream(s);
    if (end == STREAM_CONNECT_FAILED && dial_again(&link->dial)) {
        stream_close(s);
        return;
    }
    redis_link_lost(link, error != 0          ? strerror(error)
                          : end == STREAM_EOF ? "closed by the server"
                                              : "reply line too long");
}

static void on_connected(struct stream *s)
{
    struct redis_link *link = redis_link_from_stream(s);
    dial_connected(&link->dial);
    enter(link, REDIS_LINK_GREETING);
    if (!redis_link_greet(link)) {
        redis_link_lost(link, "login does not fit");
    }
}

const struct stream_ops redis_link_stream_ops = {.on_input = on_input,
                                                 .on_drained = on_drained,
                                                 .on_closed = on_closed,
                                                 .on_connected = on_connected};

void redis_link_became_ready(struct redis_link *link)
{
    enter(link, REDIS_LINK_READY);
    link->has_served = false;
    deadline_disarm(&link->watch);
    if (link->num_sessions == 0) {
        watch_for(link, link->upstream->pool.idle_timeout_us);
    }
    log_event(LOG_LINK_READY, log_text("upstream", link->upstream->name),
              log_number("version", (int64_t)link->version));
    wake_waiters(link);
}

static void connect_now(struct redis_link *link)
{
    const struct config_upstream *upstream = link->upstream;
    const struct config_address *endpoint =
        &upstream->endpoints[link->endpoint % upstream->num_endpoints];
    metrics_add(link->metrics, METRIC_CONNECTS, 1);
    enter(link, REDIS_LINK_CONNECTING);
    log_event(LOG_LINK_OPENED, log_text("upstream", upstream->name),
              log_text("address", endpoint->text));
    watch_for(link, upstream->pool.connect_timeout_us);
    redis_link_dial(link, endpoint);
}

/* Deadlines. */

/* A server that owes replies and is silent for long is given up. */
static void look_at_silence(struct redis_link *link)
{
    const struct reply_owed *front = reply_tracker_front(&link->owed);
    int64_t now_us = link->host->worker->now_us;
    if (front == NULL) {
        if (link->num_sessions == 0) {
            redis_link_close(link);
        }
        return;
    }
    int64_t since_us = front->sent_us > link->last_input_us ? front->sent_us : link->last_input_us;
    int64_t left_us = since_us + REPLY_TIMEOUT_US - now_us;
    if (left_us <= 0 && link->stalled_for == NULL) {
        redis_link_lost(link, "no reply in time");
        return;
    }
    watch_for(link, left_us > 0 ? left_us : REPLY_TIMEOUT_US);
}

static void on_watch(struct deadline *d)
{
    struct redis_link *link = redis_link_checked(owner_of(d, struct redis_link, watch));
    switch (link->state) {
    case REDIS_LINK_IDLE:
        if (link->num_sessions == 0) {
            redis_link_close(link);
        }
        break;
    case REDIS_LINK_CONNECTING:
    case REDIS_LINK_GREETING:
        redis_link_lost(link, "connect timeout");
        break;
    case REDIS_LINK_READY:
        look_at_silence(link);
        break;
    case REDIS_LINK_RESTING:
        enter(link, REDIS_LINK_IDLE);
        if (link->num_sessions == 0) {
            redis_link_close(link);
        }
        break;
    case REDIS_LINK_CLOSED:
    case REDIS_LINK_STATES:
        break;
    }
}

/* Making, sharing and ending links. */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether both lead to the same place as the same user. */
static bool same_upstream(const struct config_upstream *a, const struct config_upstream *b)
{
    if (a == b) {
        return true;
    }
    bool is_same = same_text(a->name, b->name) && same_text(a->user, b->user) &&
                   same_text(a->password, b->password) && a->num_endpoints == b->num_endpoints;
    for (size_t i = 0; is_same && i < a->num_endpoints; i++) {
        is_same = same_text(a->endpoints[i].text, b->endpoints[i].text);
    }
    return is_same;
}

static struct redis_link *link_new(struct redis_host *host, struct snapshot *snapshot,
                                   const struct config_upstream *upstream,
                                   enum resp_version version)
{
    struct redis_link *link = mem_new(sizeof *link);
    link->tag = LINK_TAG;
    link->host = host;
    link->snapshot = snapshot_ref(snapshot);
    link->upstream = upstream;
    link->version = version;
    link->metrics = metrics_upstream(host->worker->metrics, upstream->name);
    TAILQ_INIT(&link->waiters);
    redis_link_init_stall(link);
    deadline_init(&link->watch, on_watch);
    TAILQ_INSERT_TAIL(&host->links, link, entry);
    return link;
}

bool redis_link_serves(const struct redis_link *link, const struct config_upstream *upstream,
                       enum resp_version version)
{
    return !link->is_stale && link->version == version && same_upstream(link->upstream, upstream);
}

struct redis_link *redis_link_join(struct redis_host *host, struct snapshot *snapshot,
                                   const struct config_upstream *upstream,
                                   enum resp_version version)
{
    struct redis_link *link = NULL;
    TAILQ_FOREACH(link, &host->links, entry)
    {
        if (redis_link_serves(link, upstream, version)) {
            break;
        }
    }
    if (link == NULL) {
        link = link_new(host, snapshot, upstream, version);
    }
    bool is_unused = link->num_sessions == 0 && reply_tracker_num_owed(&link->owed) == 0;
    if (is_unused && (link->state == REDIS_LINK_IDLE || link->state == REDIS_LINK_READY)) {
        deadline_disarm(&link->watch);
    }
    link->num_sessions++;
    return link;
}

void redis_link_leave(struct redis_link *link, struct redis_session *session)
{
    check(link->num_sessions > 0);
    link->num_sessions--;
    if (session->wait == REDIS_WAIT_LINK) {
        TAILQ_REMOVE(&link->waiters, session, wait_entry);
        session->wait = REDIS_WAIT_NONE;
    }
    if (link->stalled_for == session) {
        redis_link_end_stall(link);
    }
    bool is_calm = link->state == REDIS_LINK_IDLE || link->state == REDIS_LINK_READY;
    if (link->num_sessions == 0 && is_calm) {
        bool is_owed = reply_tracker_num_owed(&link->owed) > 0;
        watch_for(link, link->is_stale && !is_owed ? 0 : link->upstream->pool.idle_timeout_us);
    }
}

enum redis_link_answer redis_link_ask(struct redis_link *link, struct redis_session *session,
                                      size_t num_requests)
{
    if (link->state == REDIS_LINK_IDLE) {
        connect_now(link);
    }
    if (link->state == REDIS_LINK_IDLE || link->state == REDIS_LINK_RESTING ||
        link->state == REDIS_LINK_CLOSED) {
        return REDIS_LINK_DOWN;
    }
    size_t num_owed = reply_tracker_num_owed(&link->owed);
    if (link->state == REDIS_LINK_READY && !stream_is_full(&link->stream) &&
        num_requests <= REPLY_TRACKER_CAP - num_owed) {
        return REDIS_LINK_TAKES;
    }
    TAILQ_INSERT_TAIL(&link->waiters, session, wait_entry);
    return REDIS_LINK_WAIT;
}

uint8_t *redis_link_reserve(struct redis_link *link, size_t len)
{
    check(link->state == REDIS_LINK_READY);
    return stream_reserve(&link->stream, len);
}

void redis_link_commit(struct redis_link *link, size_t len)
{
    stream_commit(&link->stream, len);
}

void redis_link_expect(struct redis_link *link, struct redis_session *session,
                       enum redis_reply_rule rule)
{
    reply_tracker_push(&link->owed, (struct reply_owed){.owner = session,
                                                        .rule = (uint32_t)rule,
                                                        .sent_us = link->host->worker->now_us});
    if (!deadline_armed(&link->watch)) {
        watch_for(link, REPLY_TIMEOUT_US);
    }
}

void redis_link_client_drained(struct redis_link *link, const struct redis_session *session)
{
    if (link->stalled_for == session) {
        redis_link_end_stall(link);
    }
}

static void free_link(struct worker_deferred *deferred)
{
    struct redis_link *link = redis_link_checked(owner_of(deferred, struct redis_link, deferred));
    reply_tracker_fini(&link->owed);
    snapshot_unref(&link->snapshot);
    free(link);
}

void redis_link_close(struct redis_link *link)
{
    check(link->num_sessions == 0);
    if (link->state == REDIS_LINK_CLOSED) {
        return;
    }
    fail_owed(link);
    dial_end(&link->dial);
    stream_close(&link->stream);
    deadline_disarm(&link->watch);
    deadline_disarm(&link->stall);
    enter(link, REDIS_LINK_CLOSED);
    TAILQ_REMOVE(&link->host->links, link, entry);
    worker_defer(link->host->worker, &link->deferred, free_link);
}

/* Lets the link refer to the new configuration, if that has its upstream unchanged. */
static void follow(struct redis_link *link, struct snapshot *snapshot)
{
    const struct config_upstream *upstream =
        config_upstream_find(snapshot_config(snapshot), link->upstream->name);
    if (upstream == NULL || !same_upstream(link->upstream, upstream)) {
        link->is_stale = true;
        return;
    }
    snapshot_unref(&link->snapshot);
    link->snapshot = snapshot_ref(snapshot);
    link->upstream = upstream;
}

void redis_links_refresh(struct redis_host *host)
{
    struct redis_link *link = NULL;
    struct redis_link *next = NULL;
    for (link = TAILQ_FIRST(&host->links); link != NULL; link = next) {
        next = TAILQ_NEXT(link, entry);
        follow(link, host->worker->snapshot);
        if (link->is_stale && link->num_sessions == 0) {
            redis_link_close(link);
        }
    }
}
