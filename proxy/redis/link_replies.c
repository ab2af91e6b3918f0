/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server sends. Invariant: the reply that is arriving belongs to the front of the queue;
 * bytes when nobody is owed anything, and pushes, which nobody here asked for, close the link. An
 * owner that is gone, or that must not see more, has the rest of its reply discarded: the place in
 * the queue is kept until the reply has passed.
 *
 * A client that does not take a large reply would stop everyone behind it, or fill our memory. So
 * reading rests for it, but not for long (link_stall.c): then that client is closed. */
#include "protocol/check.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/redis/link_parts.h"
#include "proxy/redis/session.h"

/* For replies nobody gets: never compared with anything. */
static const struct redis_prefix no_prefix = {.bytes = {0}, .len = 1};

static const struct redis_prefix *prefix_of(const struct redis_session *owner)
{
    return owner != NULL ? &owner->prefix : &no_prefix;
}

/* Whose reply begins here, and what is done with it. False: the link is lost. */
static bool begin_reply(struct redis_link *link, const struct reply_owed *owed, uint8_t first_byte)
{
    if (first_byte == '>') {
        redis_link_lost(link, "unexpected push");
        return false;
    }
    bool is_greeting = owed->rule == REDIS_RULE_GREETING;
    if (is_greeting && !redis_link_greeting_answered(first_byte)) {
        redis_link_lost(link, "login refused");
        return false;
    }
    reply_rewrite_begin(&link->reply,
                        is_greeting ? REDIS_REPLY_PLAIN : (enum redis_reply_rule)owed->rule);
    link->has_reply = true;
    link->is_reply_given = false;
    return true;
}

static void give(struct redis_link *link, struct redis_session *owner,
                 const struct reply_piece *piece)
{
    if (piece->forward.len > 0) {
        redis_session_give(owner, piece->forward);
    }
    if (piece->insert.len > 0) {
        redis_session_give(owner, piece->insert);
    }
    link->is_reply_given |= piece->forward.len + piece->insert.len > 0;
    if (redis_session_takes(owner) && redis_session_is_slow(owner)) {
        redis_link_begin_stall(link, owner);
    }
}

static void note_violation(struct redis_link *link, struct redis_session *owner)
{
    struct worker *worker = link->host->worker;
    metrics_add(metrics_worker(worker->metrics), METRIC_ISOLATION_VIOLATIONS, 1);
    log_event(LOG_ISOLATION_VIOLATION, log_number("session", (int64_t)owner->id),
              log_text("reason", "reply holds a foreign or no key name"));
    redis_session_close(owner, REDIS_CLOSE_VIOLATION);
    reply_rewrite_discard(&link->reply);
}

static void end_reply(struct redis_link *link)
{
    struct reply_owed owed = *reply_tracker_front(&link->owed);
    reply_tracker_pop(&link->owed);
    link->has_reply = false;
    if (owed.owner != NULL) {
        link->has_served = true;
        redis_session_reply_ended(owed.owner, owed.sent_us);
    } else if (link->state == REDIS_LINK_GREETING && reply_tracker_num_owed(&link->owed) == 0) {
        redis_link_became_ready(link);
    }
    redis_link_wake_if_room(link);
}

/* Deals with the start of the input. False: nothing more can be done now. */
static bool take_piece(struct redis_link *link)
{
    struct slice input = stream_input(&link->stream);
    struct reply_owed *owed = reply_tracker_front(&link->owed);
    if (input.len == 0 || link->stalled_for != NULL) {
        return false;
    }
    if (owed == NULL) {
        redis_link_lost(link, "bytes that nobody asked for");
        return false;
    }
    if (!link->has_reply && !begin_reply(link, owed, input.ptr[0])) {
        return false;
    }
    struct redis_session *owner = owed->owner;
    bool is_taken = owner != NULL && redis_session_takes(owner);
    if (!is_taken) {
        reply_rewrite_discard(&link->reply);
    }
    struct reply_piece piece;
    enum reply_step step = reply_rewrite_next(&link->reply, prefix_of(owner), input, &piece);
    if (step == REPLY_STEP_BAD) {
        redis_link_lost(link, "malformed reply");
        return false;
    }
    if (step == REPLY_STEP_VIOLATION) {
        note_violation(link, owner);
    } else if (is_taken) {
        give(link, owner, &piece);
    }
    stream_consume(&link->stream, piece.consumed);
    if (step == REPLY_STEP_DONE) {
        end_reply(link);
    }
    return step != REPLY_STEP_MORE;
}

void redis_link_take_replies(struct redis_link *link)
{
    link->last_input_us = link->host->worker->now_us;
    while (stream_is_open(&link->stream) && take_piece(link)) {
    }
}
