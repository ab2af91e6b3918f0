/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's messages after login, one by one, each to the function of its type. Not read while
 * the session waits for something, or while the client or the server does not take what it is
 * sent. Work per turn is bounded. */
#include "policy/config/config.h"
#include "protocol/check.h"
#include "proxy/log.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_limits.h"
#include "proxy/pg/session_parts.h"

#define MESSAGES_PER_TURN 512
#define OWED_PER_MESSAGE  ((size_t)4)

/* A server finishes what it was asked before, so a client that does not wait for its answers may
 * count on it; but what no Sync ends would never be finished. */
static enum request_step terminate(struct session *s, const struct pg_frame *frame)
{
    (void)frame;
    enum pg_ready ready;
    if (s->link != NULL && !s->has_open_batch &&
        !pg_reply_is_idle(&s->link->owed.tracker, &ready)) {
        s->is_leaving = true;
        session_stop(s);
        return REQUEST_WAITS;
    }
    session_close(s, CLOSE_TERMINATE);
    return REQUEST_DONE;
}

/* A function by its number, without a text that could be understood. Answered like a Query. */
static enum request_step call_function(struct session *s, const struct pg_frame *frame)
{
    if (s->upstream->target.upstream->is_passthrough) {
        return session_function_call(s, frame);
    }
    struct refusal *refusal =
        refusal_new("42501", "function calls by message are not allowed", slice_of(NULL, 0));
    session_refuse(s, PG_REPLY_QUERY, &refusal);
    return REQUEST_DONE;
}

typedef enum request_step request_fn(struct session *s, const struct pg_frame *frame);

/* No cell: the message may not come here. */
static request_fn *const requests[256] = {
    ['Q'] = session_query,    ['P'] = session_parse,     ['B'] = session_bind,
    ['D'] = session_describe, ['E'] = session_execute,   ['C'] = session_close_named,
    ['H'] = session_flush,    ['S'] = session_sync,      ['F'] = call_function,
    ['X'] = terminate,        ['d'] = session_copy_data, ['c'] = session_copy_end,
    ['f'] = session_copy_end,
};

/* After an error outside of a link, the client's messages up to its Sync are dropped, as a server
 * does (PG docs, Message Flow: Extended Query). */
static bool is_skipped(const struct session *s, uint8_t type)
{
    return s->skips && type != 'S' && type != 'X';
}

/* Whether what was sent may be left unanswered until a Sync. A Query ends a batch, unless an error
 * before it makes the server skip it: then it is as if it had not been sent. */
static bool leaves_batch_open(const struct session *s, uint8_t type)
{
    return type != 'S' && (type != 'Q' || s->has_open_batch);
}

enum request_step session_take(struct session *s, const struct pg_frame *frame)
{
    if (requests[frame->type] == NULL) {
        return REQUEST_WRONG;
    }
    if (is_skipped(s, frame->type)) {
        return REQUEST_DONE;
    }
    if ((s->names.is_discarding || s->resets_all) && !s->has_open_batch) {
        session_stop(
            s); /* what follows DISCARD ALL or RESET ALL needs the client's settings back */
        return REQUEST_WAITS;
    }
    bool may_replay = session_replay_may_begin(s, frame->type);
    enum request_step step = requests[frame->type](s, frame);
    if (step == REQUEST_DONE && s->link != NULL) {
        session_replay_note(s, frame, may_replay);
    }
    if (step == REQUEST_DONE) {
        s->has_open_batch = leaves_batch_open(s, frame->type);
    }
    return step;
}

static bool may_read(const struct session *s)
{
    return (s->state == SESSION_IDLE || s->state == SESSION_ACTIVE) && !s->is_stopped;
}

/* Whether the link can take what one message may become: a Close, a Parse and itself. */
static bool has_room(const struct link *link)
{
    return link == NULL || (pg_reply_room(&link->owed.tracker) >= OWED_PER_MESSAGE &&
                            !stream_is_full(&link->stream));
}

/* One message. False: nothing more to do now. */
static bool take_one(struct session *s)
{
    struct pg_frame frame;
    switch (pg_frame_next(stream_input(&s->stream), PG_CLIENT, PG_CLIENT_MESSAGE_MAX, &frame)) {
    case SCAN_MORE:
        return false;
    case SCAN_BAD:
        session_close(s, CLOSE_PROTOCOL);
        return false;
    case SCAN_DONE:
        break;
    }
    if (!has_room(s->link)) {
        session_stop(s);
        return false;
    }
    session_limits_note_request(s);
    switch (session_take(s, &frame)) {
    case REQUEST_WAITS:
        return false;
    case REQUEST_WRONG:
        session_close(s, CLOSE_PROTOCOL);
        return false;
    case REQUEST_DONE:
        break;
    }
    if (s->state == SESSION_FLUSHING || s->state == SESSION_CLOSED) {
        return false;
    }
    stream_consume(&s->stream, frame.whole.len);
    return true;
}

void session_requests_input(struct session *s)
{
    for (unsigned i = 0; may_read(s); i++) {
        if (stream_is_full(&s->stream)) {
            stream_pause(&s->stream);
            return;
        }
        if (i == MESSAGES_PER_TURN) {
            stream_pause(&s->stream);
            stream_resume(&s->stream); /* shows the rest in a later round */
            return;
        }
        if (!take_one(s)) {
            return;
        }
    }
}
