/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server says on a session's link, to whom it goes and in which words. Messages that the
 * client gets as they are stay where they are: a run of them is written in one go, and the rows of
 * a large result pass in pieces. The tracker says what each message answers; one that answers
 * nothing ends link and session, because then every later answer would go to the wrong request.
 *
 *     | relayed already | run: as they are | this message | not looked at |
 *     0                 run                at                          in.len            */
#include "policy/config/config.h"
#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/error_fields.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_reply.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/pg/endpoints.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_pool.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/server_parameters.h"
#include "proxy/pg/session_answers.h"
#include "proxy/pg/session_copy.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_settings.h"

/* Of what may not be relayed in pieces: an error quotes the value it is about, however large. */
#define WHOLE_MESSAGE_MAX ((size_t)90 * 1024 * 1024)

static bool is_over(const struct session *s)
{
    return s->state != SESSION_ACTIVE;
}

static bool is_passthrough(const struct session *s)
{
    return s->upstream->target.upstream->is_passthrough;
}

/* What has stood in the input since the run began goes to the client. */
static void flush_run(struct relay *r)
{
    struct slice run = slice_of(slice_from(r->in, r->run).ptr, r->at - r->run);
    r->run = r->at;
    if (run.len > 0 && !stream_write(&r->s->stream, run)) {
        session_close(r->s, CLOSE_CLIENT_SLOW);
    }
}

/* The message at the cursor is not for the client as it is. */
static void leave_out(struct relay *r, size_t len)
{
    flush_run(r);
    r->at += len;
    r->run = r->at;
}

/* The server is not where we think it is. */
static enum relay_step out_of_step(struct relay *r)
{
    struct session *s = r->s;
    log_event(LOG_LINK_PROTOCOL_ERROR, log_number("session", (int64_t)s->id),
              log_text("upstream", s->upstream->name));
    r->link->is_out_of_step = true;
    link_fail(r->link, "the server sent what nobody asked for");
    return RELAY_OVER;
}

/* Notices, reports of settings, notifications. */
static enum relay_step take_unasked(struct relay *r, const struct pg_frame *frame)
{
    struct pg_parameter_status status;
    if (frame->type == 'S') {
        if (pg_parameter_status_decode(frame->body, &status) != PG_OK ||
            (!is_passthrough(r->s) &&
             server_parameter_check(status.name, status.value) != SERVER_PARAMETER_FINE)) {
            metrics_add(metrics_worker(r->s->pg->worker->metrics), METRIC_ISOLATION_VIOLATIONS, 1);
            return out_of_step(r);
        }
        pg_endpoints_report(r->s->upstream, r->link, &status);
    }
    bool is_for_client = !r->link->is_applying && (frame->type != 'A' || is_passthrough(r->s));
    if (is_for_client) {
        r->at += frame->whole.len;
    } else {
        leave_out(r, frame->whole.len);
    }
    return RELAY_NEXT;
}

/* ParameterDescription without the tenant's parameter. */
static enum relay_step hide_parameter(struct relay *r, const struct pg_frame *frame)
{
    uint16_t num_types;
    struct slice types;
    struct outgoing out;
    leave_out(r, frame->whole.len);
    if (pg_parameter_description_decode(frame->body, &num_types, &types) != PG_OK ||
        num_types == 0) {
        return out_of_step(r);
    }
    if (is_over(r->s)) {
        return RELAY_OVER;
    }
    if (!outgoing_begin(&out, &r->s->stream, frame->whole.len)) {
        session_close(r->s, CLOSE_CLIENT_SLOW);
        return RELAY_OVER;
    }
    pg_write_parameter_description(&out.writer, types, (uint16_t)(num_types - 1));
    check(outgoing_end(&out));
    return RELAY_NEXT;
}

/* An answer's message that is no error: whose is it? */
static enum relay_step take_answer(struct relay *r, const struct pg_frame *frame,
                                   const struct pg_reply *reply)
{
    const uint32_t flags = reply->flags;
    if ((flags & OWED_SWALLOW) != 0) {
        leave_out(r, frame->whole.len);
        return RELAY_NEXT;
    }
    if (!session_replay_may_tell(r->s, frame->type)) {
        leave_out(r, frame->whole.len);
        return RELAY_NEXT;
    }
    if ((flags & OWED_REFUSED) != 0 && frame->type != 'Z') {
        return out_of_step(r); /* the server understood what it could not */
    }
    if ((flags & OWED_DEALLOCATES) != 0 && frame->type == 'I') {
        leave_out(r, frame->whole.len);
        if (!is_over(r->s)) {
            session_names_completed(r->s, owed_find(&r->link->owed, reply));
        }
        return RELAY_NEXT;
    }
    struct slice tag;
    if (frame->type == 'C' && r->s->wanted != NULL && pg_text_decode(frame->body, &tag) == PG_OK) {
        session_settings_note_complete(r->s, tag);
    }
    if (frame->type == 't' && (flags & OWED_HIDES) != 0) {
        return hide_parameter(r, frame);
    }
    r->at += frame->whole.len;
    return RELAY_NEXT;
}

/* The server has answered all that was asked. */
static void count_answer(const struct session *s, enum pg_ready ready, int64_t now_us)
{
    struct metrics_group *upstream = s->upstream->metrics;
    metrics_add(s->metrics, METRIC_TRANSACTIONS, ready == PG_READY_IDLE);
    metrics_observe(s->pg->worker->metrics, METRIC_QUERY_DURATION, now_us - s->began_us);
    metrics_add(upstream, METRIC_UPSTREAM_QUERIES, 1);
    metrics_add(upstream, METRIC_UPSTREAM_QUERY_US, now_us - s->began_us);
    if (ready == PG_READY_IDLE) {
        metrics_add(upstream, METRIC_UPSTREAM_TRANSACTIONS, 1);
        metrics_add(upstream, METRIC_UPSTREAM_TRANSACTION_US, now_us - s->transaction_us);
    }
}

static void note_ready(struct relay *r, enum pg_ready ready)
{
    struct session *s = r->s;
    bool is_clients = !r->link->is_applying;
    r->link->ready = ready;
    r->link->is_applying = false;
    if (pg_reply_is_idle(&r->link->owed.tracker, &ready)) {
        link_outcome_settled(&r->link->outcome);
        session_copy_end_of(s);
    }
    if (is_clients) {
        int64_t now_us = s->pg->worker->now_us;
        count_answer(s, ready, now_us);
        s->began_us = now_us;
        s->rested_us = now_us;
        if (!session_settings_note_ready(s, ready)) {
            session_pin(s, SQL_EFFECT_PIN_SET);
        }
    }
}

/* Entries that end without the server's word; what stands before them goes first. */
static void settle(struct relay *r)
{
    struct pg_reply reply;
    struct owed_note note;
    for (;;) {
        enum pg_reply_settled settled = pg_reply_settle(&r->link->owed.tracker, &reply);
        if (settled == PG_REPLY_WAITS) {
            return;
        }
        owed_take(&r->link->owed, &reply, &note);
        if (settled == PG_REPLY_SKIPPED) {
            session_undo(r->s, &reply, &note);
        } else {
            flush_run(r);
            session_answer_entry(r->s, &reply, &note);
        }
        owed_note_fini(&note);
        if (is_over(r->s)) {
            return;
        }
    }
}

static enum relay_step take_owed(struct relay *r, const struct pg_frame *frame, enum pg_ready ready,
                                 enum pg_reply_verdict verdict, const struct pg_reply *reply)
{
    enum relay_step step = RELAY_NEXT;
    if (frame->type == 'E') {
        leave_out(r, frame->whole.len);
        step = is_over(r->s) ? RELAY_OVER : session_take_error(r, frame, reply);
    } else {
        step = take_answer(r, frame, reply);
    }
    if (step != RELAY_NEXT || is_over(r->s)) {
        return RELAY_OVER;
    }
    if (frame->type == 'Z') {
        note_ready(r, ready);
    }
    if (verdict == PG_REPLY_LAST) {
        struct owed_note note;
        owed_take(&r->link->owed, reply, &note);
        session_finish_entry(r->s, reply, &note, frame->type);
        owed_note_fini(&note);
    }
    settle(r);
    return is_over(r->s) ? RELAY_OVER : RELAY_NEXT;
}

/* Under isolation only where a plan said so: the tracker must not be told of others. */
static bool is_copy(uint8_t type)
{
    return type == 'G' || type == 'H' || type == 'W' || type == 'd' || type == 'c';
}

static enum relay_step take_message(struct relay *r, const struct pg_frame *frame)
{
    struct pg_reply reply = {.value = 0};
    enum pg_ready ready = PG_READY_IDLE;
    bool may_copy = is_passthrough(r->s) || session_copy_expects(r->s, frame->type);
    if ((is_copy(frame->type) && !may_copy) ||
        (frame->type == 'Z' && pg_ready_decode(frame->body, &ready) != PG_OK)) {
        return out_of_step(r);
    }
    struct pg_reply_tracker *tracker = &r->link->owed.tracker;
    enum pg_reply_verdict verdict = frame->type == 'Z'
                                        ? pg_reply_feed_ready(tracker, ready, &reply)
                                        : pg_reply_feed(tracker, frame->type, &reply);
    switch (verdict) {
    case PG_REPLY_UNEXPECTED:
        break;
    case PG_REPLY_ASYNC:
        return take_unasked(r, frame);
    case PG_REPLY_PART:
    case PG_REPLY_LAST:
        return take_owed(r, frame, ready, verdict, &reply);
    }
    if (frame->type == 'E') { /* a server that goes away says so to whoever is there */
        leave_out(r, frame->whole.len);
        return is_over(r->s) ? RELAY_OVER : session_take_last_words(r, frame);
    }
    return out_of_step(r);
}

/* The beginning of a row or of COPY data that has not come whole: the client gets it as it comes.
 */
static enum relay_step begin_pieces(struct relay *r, const struct pg_header *header, size_t here)
{
    struct pg_reply reply;
    bool is_copy_data =
        header->type == 'd' && (is_passthrough(r->s) || session_copy_expects(r->s, 'd'));
    if ((header->type != 'D' && !is_copy_data) ||
        pg_reply_feed(&r->link->owed.tracker, header->type, &reply) != PG_REPLY_PART ||
        reply.flags != 0) {
        return out_of_step(r);
    }
    r->link->relay_left = header->total_len - here;
    r->at += here;
    return RELAY_ENOUGH;
}

static enum relay_step take_one(struct relay *r)
{
    struct slice rest = slice_from(r->in, r->at);
    struct pg_header header;
    struct pg_frame frame;
    switch (pg_frame_peek(rest, PG_SERVER, WHOLE_MESSAGE_MAX, &header)) {
    case SCAN_MORE:
        return RELAY_ENOUGH;
    case SCAN_BAD:
        return out_of_step(r);
    case SCAN_DONE:
        break;
    }
    if (rest.len < header.total_len) {
        return header.may_stream ? begin_pieces(r, &header, rest.len) : RELAY_ENOUGH;
    }
    /* A row that is here whole may be as large as it likes. */
    if (pg_frame_next(rest, PG_SERVER, PG_FRAME_LARGEST, &frame) != SCAN_DONE) {
        return out_of_step(r);
    }
    return take_message(r, &frame);
}

/* The rest of a row that is relayed in pieces. */
static void take_pieces(struct relay *r)
{
    struct link *link = r->link;
    size_t len = r->in.len < link->relay_left ? r->in.len : link->relay_left;
    link->relay_left -= len;
    r->at += len;
}

void session_replies(struct session *s)
{
    struct link *link = s->link;
    struct relay r = {.s = s, .link = link, .in = stream_input(&link->stream)};
    enum relay_step step = RELAY_NEXT;
    take_pieces(&r);
    while (step == RELAY_NEXT && r.at < r.in.len) {
        step = take_one(&r);
    }
    if (step == RELAY_OVER || is_over(s)) {
        return;
    }
    flush_run(&r);
    if (is_over(s)) {
        return;
    }
    stream_consume(&link->stream, r.at);
    if (stream_is_full(&s->stream)) {
        stream_pause(&link->stream);
    }
    enum pg_ready ready;
    if (link->replay.state == REPLAY_DUE && pg_reply_is_idle(&link->owed.tracker, &ready)) {
        session_replay_run(s);
    }
    if (is_over(s)) {
        return;
    }
    session_continue(s);
    session_settle(s);
}

void session_answer_local(struct session *s)
{
    if (s->link == NULL || is_over(s)) {
        return;
    }
    struct relay r = {.s = s, .link = s->link};
    settle(&r);
}
