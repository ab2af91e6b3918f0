/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeping a batch and replaying it. What is kept are the client's own messages: they take the same
 * way a second time, under the same checks. */
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/error_fields.h"
#include "protocol/pg/frontend.h"
#include "proxy/metrics.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/statement_map.h"

#define KEPT_MAX   ((size_t)16 * 1024) /* a batch that is larger is not replayed */
#define FIRST_SIZE ((size_t)512)

void link_replay_fini(struct link_replay *replay)
{
    free(replay->bytes);
    *replay = (struct link_replay){.state = REPLAY_NONE};
}

void link_replay_drop(struct link_replay *replay)
{
    replay->state = REPLAY_NONE;
    replay->len = 0;
    replay->told_parameters = false;
}

bool session_replay_may_begin(const struct session *s, uint8_t type)
{
    enum pg_ready ready = PG_READY_IDLE;
    bool uses_statement = type == 'B' || type == 'D';
    return uses_statement &&
           (s->link == NULL ||
            (pg_reply_is_idle(&s->link->owed.tracker, &ready) && ready == PG_READY_IDLE));
}

static void keep(struct link_replay *replay, struct slice bytes)
{
    if (bytes.len > KEPT_MAX - replay->len) {
        link_replay_drop(replay);
        return;
    }
    size_t needed = replay->len + bytes.len;
    if (needed > replay->size) {
        size_t size = replay->size == 0 ? FIRST_SIZE : replay->size;
        while (size < needed) {
            size *= 2;
        }
        uint8_t *memory = mem_new(size);
        if (replay->len > 0) {
            memcpy(memory, replay->bytes, replay->len);
        }
        free(replay->bytes);
        replay->bytes = memory;
        replay->size = size;
    }
    memcpy(replay->bytes + replay->len, bytes.ptr, bytes.len);
    replay->len += bytes.len;
}

void session_replay_note(struct session *s, const struct pg_frame *frame, bool may_begin)
{
    struct link_replay *replay = &s->link->replay;
    if (may_begin) {
        link_replay_drop(replay);
        replay->state = REPLAY_OPEN;
        replay->is_second = false;
    } else if (replay->state != REPLAY_OPEN || strchr("PBDECHS", frame->type) == NULL) {
        link_replay_drop(replay);
        return;
    }
    keep(replay, frame->whole);
    if (replay->state == REPLAY_OPEN && frame->type == 'S') {
        replay->state = REPLAY_WHOLE;
    }
}

/* A Describe that fails has told the parameters before (PG source,
 * exec_describe_statement_message).
 */
bool session_replay_may_tell(struct session *s, uint8_t type)
{
    struct link_replay *replay = &s->link->replay;
    if (replay->state == REPLAY_DUE) {
        return false;
    }
    bool is_parameters = type == 't' && replay->state != REPLAY_NONE;
    if (is_parameters && !replay->is_second && replay->bytes[0] == 'D') {
        replay->told_parameters = true;
        return true;
    }
    bool was_told = is_parameters && replay->told_parameters;
    link_replay_drop(replay);
    return !was_told;
}

/* The name of the function that raises it is never translated, unlike the message, which other
 * reports of 0A000 do not have. */
static bool is_about_a_changed_table(struct slice fields)
{
    return slice_equal(pg_error_field_find(fields, PG_ERROR_SQLSTATE), slice_text("0A000")) &&
           slice_equal(pg_error_field_find(fields, PG_ERROR_ROUTINE),
                       slice_text("RevalidateCachedQuery"));
}

/* What the server's other connections have prepared is as old; their names are never used again,
 * and the next scrubbing removes what stands there. */
static void forget_statements(struct session *s)
{
    struct link *link;
    LIST_FOREACH(link, &s->upstream->links, entry)
    {
        link->is_dirty = link->is_dirty || link_statements_count(&link->statements) > 0;
        link_statements_clear(&link->statements);
        statement_unref(&link->unnamed.statement);
    }
}

bool session_replay_heals(struct session *s, struct slice fields)
{
    struct link_replay *replay = &s->link->replay;
    if (!is_about_a_changed_table(fields)) {
        return false;
    }
    forget_statements(s);
    if (replay->state != REPLAY_WHOLE || replay->is_second) {
        return false;
    }
    replay->state = REPLAY_DUE;
    return true;
}

void session_replay_run(struct session *s)
{
    struct link *link = s->link;
    struct link_replay kept = link->replay;
    struct slice rest = slice_of(kept.bytes, kept.len);
    struct pg_frame frame;
    check(kept.state == REPLAY_DUE);
    link->replay = (struct link_replay){.state = REPLAY_NONE};
    metrics_add(s->upstream->metrics, METRIC_REPLAYS, 1);
    while (rest.len > 0 && s->state == SESSION_ACTIVE) {
        check(pg_frame_next(rest, PG_CLIENT, PG_CLIENT_MESSAGE_MAX, &frame) == SCAN_DONE);
        if (session_take(s, &frame) != REQUEST_DONE) {
            session_close(s, CLOSE_LINK_PROTOCOL); /* nothing is under way that it could wait for */
        }
        rest = slice_from(rest, frame.whole.len);
    }
    if (s->link == link) {
        link->replay.is_second = true;
        link->replay.told_parameters = kept.told_parameters;
    }
    free(kept.bytes);
}
