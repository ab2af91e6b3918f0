/* SPDX-License-Identifier: Apache-2.0
 *
 * One deadline a session, armed lazily: when it fires it looks what the session is at, ends it if
 * that takes too long, and else is armed for the earliest moment at which anything could. So
 * messages cost a note of the time and no more, and the limits are exact all the same, because what
 * begins after a look cannot be over its limit before the next one.
 *
 * A statement that takes too long is cancelled first; the session ends only when that does not
 * help. */
#include "proxy/pg/session_limits.h"

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "proxy/net/owner.h"
#include "proxy/pg/cancel.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_parts.h"

#define CANCEL_GRACE_US INT64_C(5000000)

/* What a session is at. */
enum activity {
    ACTIVITY_NONE,    /* waits for a link, or leaves: other limits hold */
    ACTIVITY_IDLE,    /* between transactions */
    ACTIVITY_RUNNING, /* the server owes it an answer */
    ACTIVITY_OPEN,    /* in a transaction, and nothing is owed */
};

static enum activity activity_of(const struct session *s)
{
    enum pg_ready ready = PG_READY_IDLE;
    if (s->state == SESSION_IDLE) {
        return ACTIVITY_IDLE;
    }
    if (s->state != SESSION_ACTIVE) {
        return ACTIVITY_NONE;
    }
    if (!pg_reply_is_idle(&s->link->owed.tracker, &ready)) {
        return ACTIVITY_RUNNING;
    }
    return ready == PG_READY_IDLE ? ACTIVITY_IDLE : ACTIVITY_OPEN;
}

static const struct config_limits *limits_of(const struct session *s)
{
    return &snapshot_config(s->pg->worker->snapshot)->limits;
}

struct watched {
    int64_t limit_us; /* 0: there is none */
    int64_t since_us; /* when it began; 0: it is not at that */
    enum close_reason reason;
};

#define NUM_WATCHED 4

static void look(const struct session *s, struct watched out[NUM_WATCHED])
{
    const struct config_limits *limits = limits_of(s);
    enum activity activity = activity_of(s);
    bool is_running = activity == ACTIVITY_RUNNING;
    bool is_open = activity == ACTIVITY_OPEN;
    bool is_idle = activity == ACTIVITY_IDLE;
    out[0] = (struct watched){limits->statement_timeout_us, is_running ? s->began_us : 0,
                              CLOSE_STATEMENT_TIMEOUT};
    out[1] =
        (struct watched){limits->transaction_timeout_us,
                         is_running || is_open ? s->transaction_us : 0, CLOSE_TRANSACTION_TIMEOUT};
    out[2] = (struct watched){limits->idle_in_transaction_timeout_us, is_open ? s->rested_us : 0,
                              CLOSE_IDLE_IN_TRANSACTION};
    out[3] =
        (struct watched){limits->client_idle_timeout_us, is_idle ? s->rested_us : 0, CLOSE_IDLE};
}

/* True: the session goes on. */
static bool cancel_first(struct session *s)
{
    if (s->is_timed_out || !cancel_session(s)) {
        return false;
    }
    s->is_timed_out = true;
    return true;
}

static void on_look(struct deadline *d)
{
    struct session *s = owner_of(d, struct session, limit);
    int64_t now_us = s->pg->worker->now_us;
    int64_t next_us = INT64_MAX;
    struct watched watched[NUM_WATCHED];
    look(s, watched);
    for (size_t i = 0; i < NUM_WATCHED; i++) {
        const struct watched *w = &watched[i];
        if (w->limit_us == 0) {
            continue;
        }
        int64_t at_us = (w->since_us != 0 ? w->since_us : now_us) + w->limit_us;
        if (at_us <= now_us && w->reason == CLOSE_STATEMENT_TIMEOUT) {
            at_us += s->is_timed_out ? CANCEL_GRACE_US : 0;
            at_us = at_us <= now_us && cancel_first(s) ? now_us + CANCEL_GRACE_US : at_us;
        }
        if (at_us <= now_us) {
            session_close(s, w->reason);
            return;
        }
        next_us = at_us < next_us ? at_us : next_us;
    }
    if (next_us != INT64_MAX) {
        deadline_arm(s->pg->worker, &s->limit, next_us);
    }
}

void session_limits_watch(struct session *s)
{
    if (!deadline_armed(&s->limit)) {
        deadline_init(&s->limit, on_look);
        s->rested_us = s->rested_us != 0 ? s->rested_us : s->pg->worker->now_us;
    } else {
        deadline_disarm(&s->limit);
    }
    deadline_arm(s->pg->worker, &s->limit, s->pg->worker->now_us);
}

void session_limits_note_request(struct session *s)
{
    enum activity activity = activity_of(s);
    if (activity == ACTIVITY_RUNNING) {
        return;
    }
    s->began_us = s->pg->worker->now_us;
    s->is_timed_out = false;
    if (activity != ACTIVITY_OPEN) {
        s->transaction_us = s->began_us;
        s->may_track = true;
    }
}
