/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a Redis session. Invariant: num_owed replies of links name it as their owner, so its
 * memory stays until they came, were lost or thrown away, even when the connection is long gone;
 * that is what keeps a leaving client's replies from reaching anybody else. Everything else goes
 * when the connection closes. Worker's thread only. */
#include "proxy/redis/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/owner.h"
#include "proxy/redis/link.h"
#include "proxy/redis/session_parts.h"

#define SESSION_TAG      0x5e5510a2U
#define OUTPUT_CAP       ((size_t)8 << 20) /* our largest answer, and then some */
#define SLOW_LEN         ((size_t)1 << 20) /* replies beyond it make the link rest */
#define FLUSH_US         INT64_C(1000000)
#define REQUEST_OVERHEAD ((size_t)16 << 20) /* a request beyond its largest argument */

static const char lost_reply[] = "-UNAVAILABLE the connection to the Redis server was lost; the "
                                 "command may have been executed\r\n";

static const struct {
    const char *label;
    const char *words;
} reasons[REDIS_CLOSE_REASONS] = {
#define CLOSE(suffix, label, words) [REDIS_CLOSE_##suffix] = {label, words},
#include "proxy/redis/close_reason.def"
#undef CLOSE
};

static const char *const state_names[REDIS_SESSION_STATES] = {
    [REDIS_SESSION_LOGIN] = "login",
    [REDIS_SESSION_OPEN] = "open",
    [REDIS_SESSION_FLUSHING] = "flushing",
    [REDIS_SESSION_CLOSED] = "closed",
};

#define TO(state) (1U << REDIS_SESSION_##state)
static const unsigned moves[REDIS_SESSION_STATES] = {
    [REDIS_SESSION_LOGIN] = TO(OPEN) | TO(FLUSHING) | TO(CLOSED),
    [REDIS_SESSION_OPEN] = TO(LOGIN) | TO(FLUSHING) | TO(CLOSED),
    [REDIS_SESSION_FLUSHING] = TO(CLOSED),
};
#undef TO

size_t redis_request_len_cap(const struct config_limits *limits)
{
    return limits->redis_bulk_bytes + REQUEST_OVERHEAD;
}

void redis_session_enter(struct redis_session *s, enum redis_session_state state)
{
    check(moves[s->state] & (1U << state));
    s->state = state;
    if (log_wants(LOG_SESSION_STATE)) {
        log_event(LOG_SESSION_STATE, log_number("session", (int64_t)s->id),
                  log_text("state", state_names[state]));
    }
}

static struct redis_session *checked(struct redis_session *s)
{
    check(s->tag == SESSION_TAG);
    return s;
}

static struct redis_session *from_stream(struct stream *stream)
{
    return checked(owner_of(stream, struct redis_session, stream));
}

void redis_session_hold(struct redis_session *s, enum redis_session_wait wait)
{
    check(s->wait == REDIS_WAIT_NONE && wait != REDIS_WAIT_NONE);
    s->wait = wait;
    stream_pause(&s->stream);
}

void redis_session_hold_for_replies(struct redis_session *s, uint32_t wake_at)
{
    check(s->num_owed > wake_at);
    s->wake_at = wake_at;
    redis_session_hold(s, REDIS_WAIT_REPLIES);
}

void redis_session_wake(struct redis_session *s)
{
    check(s->wait != REDIS_WAIT_NONE);
    s->wait = REDIS_WAIT_NONE;
    stream_resume(&s->stream);
}

/* The end. */

static void free_session(struct worker_deferred *deferred)
{
    struct redis_session *s = checked(owner_of(deferred, struct redis_session, deferred));
    check(s->num_owed == 0);
    free(s);
}

static void free_when_unowed(struct redis_session *s)
{
    if (s->state == REDIS_SESSION_CLOSED && s->num_owed == 0) {
        worker_defer(s->host->worker, &s->deferred, free_session);
    }
}

static void leave_link(struct redis_session *s)
{
    if (s->link != NULL) {
        redis_link_leave(s->link, s);
        s->link = NULL;
    }
}

/* Lets everything go but the memory, which replies may still refer to. */
static void release(struct redis_session *s)
{
    leave_link(s);
    stream_close(&s->stream);
    deadline_disarm(&s->login_deadline);
    redis_transaction_drop(&s->transaction);
    if (s->tenant != NULL) {
        metrics_add(s->metrics, METRIC_SESSIONS_REDIS, -1);
    }
    snapshot_unref(&s->snapshot);
    TAILQ_REMOVE(&s->host->sessions, s, entry);
    protocol_session_ended(s->host->worker);
    redis_session_enter(s, REDIS_SESSION_CLOSED);
    free_when_unowed(s);
}

static void note_end(const struct redis_session *s, enum redis_close_reason reason)
{
    log_event(LOG_SESSION_CLOSED, log_number("session", (int64_t)s->id),
              log_text("tenant", s->tenant != NULL ? s->tenant->id : ""),
              log_text("reason", reasons[reason].label));
}

void redis_session_finish(struct redis_session *s, enum redis_close_reason reason)
{
    if (s->state == REDIS_SESSION_FLUSHING || s->state == REDIS_SESSION_CLOSED) {
        return;
    }
    note_end(s, reason);
    leave_link(s);
    deadline_disarm(&s->login_deadline);
    redis_session_enter(s, REDIS_SESSION_FLUSHING);
    stream_close_after_flush(&s->stream, s->host->worker->now_us + FLUSH_US);
}

void redis_session_close(struct redis_session *s, enum redis_close_reason reason)
{
    if (s->state == REDIS_SESSION_CLOSED) {
        return;
    }
    struct slice words = slice_text(reasons[reason].words);
    bool are_heard = s->num_owed == 0; /* else as a reply, or as part of one */
    if (words.len > 0 && are_heard && s->state != REDIS_SESSION_FLUSHING &&
        stream_is_open(&s->stream)) {
        uint8_t memory[256];
        struct writer w = writer_over(memory, sizeof memory);
        struct slice answer;
        resp_write_error(&w, words);
        check(writer_done(&w, &answer));
        redis_session_give(s, answer);
        redis_session_finish(s, reason);
        return;
    }
    if (s->state != REDIS_SESSION_FLUSHING) {
        note_end(s, reason);
    }
    release(s);
}

void redis_session_drain(struct redis_session *s)
{
    bool is_busy = s->num_owed > 0 || redis_transaction_is_open(&s->transaction) ||
                   stream_input(&s->stream).len > 0;
    if (!is_busy && (s->state == REDIS_SESSION_LOGIN || s->state == REDIS_SESSION_OPEN)) {
        redis_session_finish(s, REDIS_CLOSE_DRAIN);
    }
}

/* The tenant of that id in the configuration, if it may still be served. */
static const struct config_tenant *find_active(const struct config *config, const char *id)
{
    for (size_t i = 0; i < config->num_tenants; i++) {
        const struct config_tenant *tenant = &config->tenants[i];
        if (strcmp(tenant->id, id) == 0) {
            return tenant->state == TENANT_ACTIVE ? tenant : NULL;
        }
    }
    return NULL;
}

void redis_session_refresh(struct redis_session *s)
{
    struct snapshot *fresh = s->host->worker->snapshot;
    const struct config *config = snapshot_config(fresh);
    const struct config_listener *listener = config_listener_find(config, s->listener->name);
    bool is_same_prefix =
        config->redis.is_set &&
        strcmp(config->redis.prefix, snapshot_config(s->snapshot)->redis.prefix) == 0;
    if (listener == NULL || listener->protocol != CONFIG_REDIS || !is_same_prefix) {
        redis_session_close(s, REDIS_CLOSE_LISTENER_GONE);
        return;
    }
    if (s->tenant != NULL) {
        const struct config_tenant *tenant = find_active(config, s->tenant->id);
        if (tenant == NULL) {
            redis_session_close(s, REDIS_CLOSE_TENANT_GONE);
            return;
        }
        s->tenant = tenant;
    }
    s->listener = listener;
    snapshot_unref(&s->snapshot);
    s->snapshot = snapshot_ref(fresh);
}

/* For the link. */

bool redis_session_takes(const struct redis_session *s)
{
    return s->state == REDIS_SESSION_OPEN || s->state == REDIS_SESSION_LOGIN;
}

void redis_session_give(struct redis_session *s, struct slice bytes)
{
    metrics_add(s->metrics, METRIC_BYTES_SENT, (int64_t)bytes.len);
    if (!stream_write(&s->stream, bytes)) {
        redis_session_close(s, REDIS_CLOSE_CLIENT_SLOW);
    }
}

bool redis_session_is_slow(const struct redis_session *s)
{
    return stream_pending(&s->stream) > SLOW_LEN;
}

static void end_of_reply(struct redis_session *s)
{
    check(s->num_owed > 0);
    s->num_owed--;
    free_when_unowed(s);
    if (s->wait == REDIS_WAIT_REPLIES && redis_session_takes(s) && s->num_owed <= s->wake_at) {
        redis_session_wake(s);
    }
    if (s->host->is_draining) {
        redis_session_drain(s);
    }
}

void redis_session_reply_ended(struct redis_session *s, int64_t sent_us)
{
    metrics_observe(s->host->worker->metrics, METRIC_COMMAND_DURATION,
                    s->host->worker->now_us - sent_us);
    end_of_reply(s);
}

void redis_session_reply_lost(struct redis_session *s, bool is_partly_given)
{
    if (redis_session_takes(s) && is_partly_given) {
        redis_session_close(s, REDIS_CLOSE_LINK_LOST);
    } else if (redis_session_takes(s)) {
        redis_session_give(s, slice_text(lost_reply));
    }
    end_of_reply(s);
}

/* The stream's callbacks. */

static void on_input(struct stream *stream)
{
    redis_session_read(from_stream(stream));
}

static void on_drained(struct stream *stream)
{
    struct redis_session *s = from_stream(stream);
    if (s->link != NULL) {
        redis_link_client_drained(s->link, s);
    }
    if (s->wait == REDIS_WAIT_CLIENT) {
        redis_session_wake(s);
    }
}

static void on_closed(struct stream *stream, enum stream_end end, int error)
{
    (void)error;
    redis_session_close(from_stream(stream), end == STREAM_TOO_LARGE ? REDIS_CLOSE_TOO_LARGE
                                             : end == STREAM_RESET   ? REDIS_CLOSE_CLIENT_LOST
                                                                     : REDIS_CLOSE_CLIENT_EOF);
}

static void on_hangup(struct stream *stream)
{
    redis_session_close(from_stream(stream), REDIS_CLOSE_CLIENT_EOF);
}

static const struct stream_ops session_ops = {
    .on_input = on_input, .on_drained = on_drained, .on_closed = on_closed, .on_hangup = on_hangup};

static void on_login_deadline(struct deadline *d)
{
    redis_session_close(checked(owner_of(d, struct redis_session, login_deadline)),
                        REDIS_CLOSE_LOGIN_TIMEOUT);
}

/* The beginning. */

static struct redis_session *session_new(struct redis_host *host, const struct incoming *incoming)
{
    const struct config_limits *limits = &snapshot_config(incoming->snapshot)->limits;
    struct redis_session *s = mem_new(sizeof *s);
    s->tag = SESSION_TAG;
    s->state = REDIS_SESSION_LOGIN;
    s->host = host;
    s->snapshot = snapshot_ref(incoming->snapshot);
    s->listener = incoming->listener;
    s->opened_us = host->worker->now_us;
    host->last_session++;
    unsigned num_workers = host->worker->num_peers > 0 ? host->worker->num_peers : 1;
    s->id = host->last_session * num_workers + host->worker->index;
    redis_client_init(&s->client, s->id);
    redis_transaction_init(&s->transaction, redis_request_len_cap(limits));
    deadline_init(&s->login_deadline, on_login_deadline);
    stream_init(&s->stream, host->worker, incoming->fd, &session_ops,
                redis_request_len_cap(limits));
    stream_set_max_out(&s->stream, OUTPUT_CAP);
    deadline_arm(host->worker, &s->login_deadline, host->worker->now_us + limits->login_timeout_us);
    TAILQ_INSERT_TAIL(&host->sessions, s, entry);
    return s;
}

void redis_session_accept(struct redis_host *host, const struct incoming *incoming)
{
    struct redis_session *s = session_new(host, incoming);
    metrics_add(metrics_worker(host->worker->metrics), METRIC_OPENED_REDIS, 1);
    log_event(LOG_SESSION_OPENED, log_number("session", (int64_t)s->id),
              log_text("listener", s->listener->name), log_text("peer", incoming->name));
    bool is_trusted_from_afar =
        s->listener->auth == CONFIG_AUTH_TRUST && incoming->peer == PEER_REMOTE;
    if (incoming->over_limit || is_trusted_from_afar) {
        redis_session_close(s,
                            is_trusted_from_afar ? REDIS_CLOSE_LOGIN_FAILED : REDIS_CLOSE_TOO_MANY);
    }
}
