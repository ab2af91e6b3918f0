/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a client's connection: which part of the session its input goes to in which state,
 * and its one end. Invariants: it has a link exactly while ACTIVE; it stands in its pool's queue
 * only while WAITING or GREETING; after CLOSED nothing is done but freeing it after the turn.
 *
 * Refuses nothing itself: startup, auth, requests and replies have files of their own. */
#include "proxy/pg/session.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/message_reply.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/owner.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_login.h"
#include "proxy/pg/service.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_password.h"

#define SESSION_TAG   0x73657373U      /* "sess" */
#define FLUSH_TIME_US INT64_C(2000000) /* for a last message to a client that does not read */
#define NEXT_TURN_US  INT64_C(1)       /* this turn's end sends it, the next one closes */
#define REPORT_ROOM   ((size_t)1024)
#define MESSAGE_MOST  ((size_t)600) /* bytes of a last message's text */

static const char *const state_names[SESSION_STATES] = {
    [SESSION_STARTUP] = "startup", [SESSION_VERIFIER] = "verifier", [SESSION_SASL] = "sasl",
    [SESSION_PROOF] = "proof",     [SESSION_GREETING] = "greeting", [SESSION_IDLE] = "idle",
    [SESSION_WAITING] = "waiting", [SESSION_ACTIVE] = "active",     [SESSION_FLUSHING] = "flushing",
    [SESSION_CLOSED] = "closed",   [SESSION_PASSWORD] = "password", [SESSION_CHECKING] = "checking",
};

#define TO(state) (1U << SESSION_##state)
#define TO_END    (TO(FLUSHING) | TO(CLOSED))
static const unsigned legal_moves[SESSION_STATES] = {
    [SESSION_STARTUP] = TO(VERIFIER) | TO(SASL) | TO(PASSWORD) | TO(GREETING) | TO_END,
    [SESSION_VERIFIER] = TO(SASL) | TO(PASSWORD) | TO_END,
    [SESSION_SASL] = TO(PROOF) | TO_END,
    [SESSION_PROOF] = TO(GREETING) | TO_END,
    [SESSION_PASSWORD] = TO(CHECKING) | TO(GREETING) | TO_END,
    [SESSION_CHECKING] = TO(GREETING) | TO_END,
    [SESSION_GREETING] = TO(IDLE) | TO_END,
    [SESSION_IDLE] = TO(WAITING) | TO(ACTIVE) | TO_END,
    [SESSION_WAITING] = TO(IDLE) | TO(ACTIVE) | TO_END,
    [SESSION_ACTIVE] = TO(IDLE) | TO_END,
    [SESSION_FLUSHING] = TO(CLOSED),
    [SESSION_CLOSED] = 0,
};
#undef TO
#undef TO_END

/* Who reads the client's bytes; in the other states they are not read. */
static void (*const steps[SESSION_STATES])(struct session *s) = {
    [SESSION_STARTUP] = session_startup_input, [SESSION_SASL] = session_sasl_input,
    [SESSION_PROOF] = session_proof_input,     [SESSION_IDLE] = session_requests_input,
    [SESSION_ACTIVE] = session_requests_input, [SESSION_PASSWORD] = session_password_input,
};

static struct session *session_from(struct stream *stream)
{
    struct session *s = owner_of(stream, struct session, stream);
    check(s->tag == SESSION_TAG && s->state != SESSION_CLOSED);
    return s;
}

struct slice session_tenant(const struct session *s)
{
    return slice_of(s->tenant, s->tenant_len);
}

void session_enter(struct session *s, enum session_state state)
{
    check(s->tag == SESSION_TAG);
    check((legal_moves[s->state] & (1U << state)) != 0);
    s->state = state;
}

/* What one step leaves in the input may be the next state's. */
static void step_input(struct session *s)
{
    enum session_state state = SESSION_CLOSED;
    while (state != s->state && steps[s->state] != NULL && !s->is_stopped) {
        state = s->state;
        steps[state](s);
    }
}

static void on_input(struct stream *stream)
{
    step_input(session_from(stream));
}

/* The client takes bytes again: the server may be heard again, and so may the client. */
static void on_drained(struct stream *stream)
{
    struct session *s = session_from(stream);
    if (s->link != NULL) {
        stream_resume(&s->link->stream);
    }
    bool waits = s->state == SESSION_WAITING || s->state == SESSION_GREETING ||
                 s->state == SESSION_VERIFIER || s->state == SESSION_CHECKING;
    if (!s->is_stopped && !waits) {
        stream_resume(&s->stream);
    }
}

static enum close_reason reason_of(enum stream_end end)
{
    switch (end) {
    case STREAM_TOO_LARGE:
        return CLOSE_TOO_LARGE;
    case STREAM_RESET:
        return CLOSE_CLIENT_LOST;
    case STREAM_EOF:
    case STREAM_CONNECT_FAILED:
    case STREAM_FLUSHED:
        break;
    }
    return CLOSE_CLIENT_EOF;
}

static void on_closed(struct stream *stream, enum stream_end end, int error)
{
    (void)error;
    session_close(session_from(stream), reason_of(end));
}

static void on_hangup(struct stream *stream)
{
    struct session *s = session_from(stream);
    if (!s->is_leaving) {
        session_close(s, CLOSE_CLIENT_EOF);
    }
}

static const struct stream_ops stream_callbacks = {
    .on_input = on_input,
    .on_drained = on_drained,
    .on_closed = on_closed,
    .on_hangup = on_hangup,
};

void session_accept(struct pg_worker *pg, const struct incoming *incoming)
{
    struct session *s = mem_new(sizeof *s);
    s->tag = SESSION_TAG;
    s->pg = pg;
    s->names.statements.account = &pg->statements;
    s->id = ((uint64_t)pg->worker->index << 48) | ++pg->last_session;
    TAILQ_INSERT_TAIL(&pg->sessions, s, entry);
    stream_init(&s->stream, pg->worker, incoming->fd, &stream_callbacks, PG_CLIENT_MESSAGE_MAX);
    s->login = session_login_new(s, incoming);
    metrics_add(metrics_worker(pg->worker->metrics), METRIC_OPENED_POSTGRES, 1);
    log_event(LOG_SESSION_OPENED, log_number("session", (int64_t)s->id),
              log_text("listener", incoming->listener->name), log_text("client", incoming->name));
    if (incoming->over_limit) {
        session_close(s, CLOSE_TOO_MANY);
    } else if (pg->is_draining) {
        session_close(s, CLOSE_DRAIN);
    }
}

static void free_session(struct worker_deferred *deferred)
{
    struct session *s = owner_of(deferred, struct session, deferred);
    check(s->tag == SESSION_TAG && s->state == SESSION_CLOSED && s->link == NULL);
    struct worker *worker = s->pg->worker;
    TAILQ_REMOVE(&s->pg->sessions, s, entry);
    session_names_fini(&s->names);
    session_names_count(s->pg);
    settings_unref(&s->pg->settings, &s->settings);
    settings_unref(&s->pg->settings, &s->base);
    settings_unref(&s->pg->settings, &s->wanted);
    s->tag = 0;
    free(s);
    protocol_session_ended(worker);
}

/* Whatever the session holds of others goes back to them. */
static void let_go(struct session *s)
{
    if (s->upstream != NULL) {
        pool_leave(&s->upstream->pool, &s->waiter);
        session_wait_ended(s);
    }
    if (s->link != NULL) {
        session_drop_link(s);
    }
    if (s->cancel_id != 0) {
        HASH_DEL(s->pg->by_key, s);
        s->cancel_id = 0;
    }
    session_login_free(&s->login);
    deadline_disarm(&s->limit);
    tally_leave(pg_service_tally(s->pg->service), s->counted);
}

static void count_end(struct session *s, enum close_reason reason)
{
    bool was_logged_in = s->metrics != NULL;
    struct metrics_group *group = metrics_worker(s->pg->worker->metrics);
    if (was_logged_in) {
        metrics_add(s->metrics, METRIC_SESSIONS_POSTGRES, -1);
        metrics_add(s->upstream->metrics, METRIC_UPSTREAM_SESSIONS, -1);
    }
    if (reason == CLOSE_PROTOCOL || reason == CLOSE_TOO_LARGE) {
        metrics_add(group, METRIC_PROTOCOL_ERROR_POSTGRES, 1);
    } else if (!was_logged_in && close_sqlstate(reason)[0] != '\0') {
        metrics_add(group, METRIC_LOGIN_REFUSED_POSTGRES, 1);
    }
}

/* Whether the client has a message of the server in part: whatever it gets next, it takes for the
 * rest of that message. */
static bool is_mid_message(const struct session *s)
{
    return s->link != NULL ? s->link->relay_left > 0 : s->was_cut_off;
}

/* Queues the FATAL message; false if there is none to send or nobody to read it. */
static bool say_goodbye(struct session *s, enum close_reason reason, struct slice message)
{
    const char *sqlstate = close_sqlstate(reason);
    struct outgoing out;
    if (sqlstate[0] == '\0' || is_mid_message(s) ||
        !outgoing_begin(&out, &s->stream, REPORT_ROOM)) {
        return false;
    }
    struct slice text = message.len > 0 ? message : slice_text(close_message(reason));
    if (text.len > MESSAGE_MOST) {
        text = slice_of(text.ptr, MESSAGE_MOST);
    }
    const struct pg_report report = {
        .kind = PG_REPORT_FATAL, .sqlstate = sqlstate, .message = text};
    pg_write_report(&out.writer, &report);
    return outgoing_end(&out);
}

static void end_now(struct session *s)
{
    session_enter(s, SESSION_CLOSED);
    stream_close(&s->stream);
    worker_defer(s->pg->worker, &s->deferred, free_session);
}

static bool is_client_gone(enum close_reason reason)
{
    return reason == CLOSE_CLIENT_EOF || reason == CLOSE_CLIENT_LOST || reason == CLOSE_CLIENT_SLOW;
}

void session_close_because(struct session *s, enum close_reason reason, struct slice message)
{
    check(s->tag == SESSION_TAG);
    if (s->state == SESSION_CLOSED) {
        return;
    }
    if (s->state == SESSION_FLUSHING) {
        end_now(s);
        return;
    }
    log_event(LOG_SESSION_CLOSED, log_number("session", (int64_t)s->id),
              log_slice("tenant", session_tenant(s)), log_text("reason", close_label(reason)),
              log_text("state", state_names[s->state]));
    count_end(s, reason);
    bool is_there = !is_client_gone(reason);
    bool has_words = is_there && say_goodbye(s, reason, message);
    let_go(s);
    if (!has_words && (!is_there || stream_pending(&s->stream) == 0)) {
        end_now(s);
        return;
    }
    session_enter(s, SESSION_FLUSHING);
    int64_t time_us = s->pg->is_stopping ? NEXT_TURN_US : FLUSH_TIME_US;
    stream_close_after_flush(&s->stream, s->pg->worker->now_us + time_us);
}

void session_close(struct session *s, enum close_reason reason)
{
    session_close_because(s, reason, slice_of(NULL, 0));
}

void session_stop(struct session *s)
{
    s->is_stopped = true;
    stream_pause(&s->stream);
}

void session_continue(struct session *s)
{
    if (s->is_stopped) {
        s->is_stopped = false;
        stream_resume(&s->stream);
    }
}
