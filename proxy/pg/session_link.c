/* SPDX-License-Identifier: Apache-2.0
 *
 * A session and its link: asking the pool, bringing the link to the client's settings (in the
 * same write as its first message, so that it costs no round trip), and giving it back as soon as
 * nothing speaks against it: nothing is owed or unread, the server is outside of a transaction,
 * and the server keeps nothing that belongs to this session. */
#include "policy/config/config.h"
#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/pg/message_request.h"
#include "proxy/metrics.h"
#include "proxy/net/owner.h"
#include "proxy/pg/cancel.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_pool.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_copy.h"
#include "proxy/pg/session_parts.h"

#define FORGET_SEQUENCES "DISCARD SEQUENCES;"

/* Whether lastval() and currval() could show the session another one's value. */
static bool shows_sequences(const struct session *s, const struct link *link)
{
    return link->sequences_of != 0 && link->sequences_of != s->id;
}

/* Makes the link's settings the session's, and has the server forget what is another's. */
static void send_settings(struct session *s)
{
    struct link *link = s->link;
    struct outgoing out;
    if (owed_push(&link->owed, PG_REPLY_QUERY, OWED_SWALLOW, NULL) != PG_REPLY_QUEUED ||
        !outgoing_begin(&out, &link->stream, SETTINGS_CHANGE_MAX + sizeof FORGET_SEQUENCES)) {
        session_close(s, CLOSE_LINK_PROTOCOL);
        return;
    }
    size_t mark = pg_begin_query(&out.writer);
    settings_write_change(link->settings, s->settings, &out.writer);
    if (shows_sequences(s, link)) {
        writer_bytes(&out.writer, slice_text(FORGET_SEQUENCES));
        link->sequences_of = 0;
    }
    pg_end_query(&out.writer, mark);
    check(outgoing_end(&out));
    settings_unref(&s->pg->settings, &link->settings);
    link->settings = settings_ref(s->settings);
    link->is_applying = true;
    statement_unref(&link->unnamed.statement); /* a simple query takes it */
}

static void attach(struct session *s, struct link *link)
{
    check(link->session == NULL && s->link == NULL && !s->is_pinned);
    link_enter(link, LINK_LENT);
    link->session = s;
    link_replay_drop(&link->replay);
    s->link = link;
    session_enter(s, SESSION_ACTIVE);
    s->began_us = s->pg->worker->now_us;
    s->transaction_us = s->began_us;
    metrics_add(s->upstream->metrics, METRIC_LINKS_IDLE, -1);
    metrics_add(s->upstream->metrics, METRIC_LINKS_ACTIVE, 1);
    metrics_add(s->upstream->metrics, METRIC_UPSTREAM_ASSIGNMENTS, 1);
    if (link->settings != s->settings || shows_sequences(s, link)) {
        send_settings(s);
    }
}

void session_lose_link(struct session *s)
{
    session_unpin(s);
    session_copy_end_of(s);
    s->names.is_discarding = false;
    s->resets_all = false;
    s->meaning = settings_meaning(s->settings);
    stream_resume(&s->link->stream);
    s->was_cut_off = s->link->relay_left > 0;
    s->link->session = NULL;
    s->link = NULL;
}

void session_wait_ended(struct session *s)
{
    if (s->asked_us == 0) {
        return;
    }
    int64_t waited_us = s->pg->worker->now_us - s->asked_us;
    s->asked_us = 0;
    metrics_add(s->upstream->metrics, METRIC_POOL_WAITING, -1);
    metrics_add(s->upstream->metrics, METRIC_POOL_WAIT_US, waited_us);
    metrics_observe(s->pg->worker->metrics, METRIC_WAIT_DURATION, waited_us);
}

void session_granted(struct session *s, struct link *link)
{
    if (s->state == SESSION_GREETING) { /* it came for what the link's server said of itself */
        pool_put(&s->upstream->pool, &link->pooled);
        session_greet(s);
        return;
    }
    session_wait_ended(s);
    attach(s, link);
    if (s->state == SESSION_ACTIVE) {
        stream_resume(&s->stream);
    }
}

void session_not_granted(struct session *s, enum pool_refusal why)
{
    if (s->state == SESSION_GREETING) {
        session_close(s, why == POOL_TIMEOUT ? CLOSE_WAIT_TIMEOUT : CLOSE_UNAVAILABLE);
        return;
    }
    s->has_no_link = true;
    s->why_no_link = why;
    if (s->state == SESSION_WAITING) {
        session_wait_ended(s);
        metrics_add(s->upstream->metrics, METRIC_POOL_WAIT_TIMEOUTS, why == POOL_TIMEOUT);
        if (s->must_end) {
            session_close(s, s->end_reason);
            return;
        }
        session_enter(s, SESSION_IDLE);
        stream_resume(&s->stream);
    }
}

static enum link_answer tell_refusal(struct session *s, enum pg_reply_kind asked_by)
{
    enum close_reason words =
        s->why_no_link == POOL_TIMEOUT ? CLOSE_WAIT_TIMEOUT : CLOSE_UNAVAILABLE;
    struct refusal *refusal =
        refusal_new(close_sqlstate(words), close_message(words), slice_of(NULL, 0));
    s->has_no_link = false;
    session_refuse(s, asked_by, &refusal);
    return LINK_REFUSED;
}

enum link_answer session_need_link(struct session *s, enum pg_reply_kind asked_by)
{
    if (s->link != NULL) {
        return LINK_THERE;
    }
    if (s->has_no_link) {
        return tell_refusal(s, asked_by);
    }
    struct pool_link *pooled = pool_acquire(&s->upstream->pool, &s->waiter);
    if (pooled != NULL) {
        attach(s, owner_of(pooled, struct link, pooled));
        return s->link != NULL ? LINK_THERE : LINK_LATER;
    }
    if (s->has_no_link) {
        return tell_refusal(s, asked_by);
    }
    s->asked_us = s->pg->worker->now_us;
    metrics_add(s->upstream->metrics, METRIC_POOL_WAITS, 1);
    metrics_add(s->upstream->metrics, METRIC_POOL_WAITING, 1);
    session_enter(s, SESSION_WAITING);
    stream_pause(&s->stream);
    return LINK_LATER;
}

/* Nothing is owed or unread, and the server is outside of a transaction. */
static bool is_at_rest(struct link *link)
{
    enum pg_ready ready;
    return pg_reply_is_idle(&link->owed.tracker, &ready) && ready == PG_READY_IDLE &&
           link->relay_left == 0 && stream_input(&link->stream).len == 0;
}

static bool keeps_its_link(const struct session *s)
{
    return s->is_pinned || s->upstream->target.upstream->pool.mode == CONFIG_POOL_SESSION;
}

void session_release(struct session *s)
{
    struct link *link = s->link;
    link->is_dirty = link->is_dirty || keeps_its_link(s);
    session_lose_link(s);
    session_enter(s, SESSION_IDLE);
    link_give_back(link);
}

void session_settle(struct session *s)
{
    if (!is_at_rest(s->link)) {
        return;
    }
    if (s->link->has_local_settings) {
        s->link->has_local_settings = false;
        session_renew_meaning(s);
    }
    if (s->must_end) {
        session_close(s, s->end_reason);
    } else if (s->resets_all && keeps_its_link(s)) {
        s->resets_all = false;
        send_settings(s); /* RESET ALL took them away; what else the server keeps stays */
    } else if (!keeps_its_link(s) || s->names.is_discarding) {
        session_release(s);
    }
}

void session_drop_link(struct session *s)
{
    struct link *link = s->link;
    if (is_at_rest(link)) {
        link->is_dirty = link->is_dirty || keeps_its_link(s);
        session_lose_link(s);
        link_give_back(link);
        return;
    }
    cancel_abandoned(link);
    session_lose_link(s);
    link_discard(link);
}

void session_link_gone(struct session *s, const char *reason)
{
    struct link *link = s->link;
    check(link != NULL);
    (void)reason;
    enum close_reason lost = link->outcome.may_commit ? CLOSE_OUTCOME_UNKNOWN : CLOSE_LINK_LOST;
    session_lose_link(s);
    session_close(s, link->is_out_of_step ? CLOSE_LINK_PROTOCOL : lost);
}
