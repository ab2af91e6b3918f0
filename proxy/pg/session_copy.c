/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's half of COPY FROM STDIN: data, its end, its failure. What comes without a COPY that
 * takes it is dropped, as a server does, since it is what a client still sends after its COPY
 * failed (PG docs, Message Flow: COPY Operations). Under isolation no COPY can be open: the
 * messages break the protocol. */
#include "policy/config/config.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_parts.h"

static enum request_step relay_frame(struct session *s, const struct pg_frame *frame)
{
    if (!stream_write(&s->link->stream, frame->whole)) {
        session_close(s, CLOSE_TOO_LARGE);
    }
    return REQUEST_DONE;
}

static bool passes_through(const struct session *s)
{
    return s->upstream->target.upstream->is_passthrough;
}

enum request_step session_copy_data(struct session *s, const struct pg_frame *frame)
{
    if (!passes_through(s)) {
        return REQUEST_WRONG;
    }
    bool is_wanted = s->link != NULL && pg_reply_wants_copy(&s->link->owed.tracker);
    return is_wanted ? relay_frame(s, frame) : REQUEST_DONE;
}

enum request_step session_copy_end(struct session *s, const struct pg_frame *frame)
{
    if (!passes_through(s)) {
        return REQUEST_WRONG;
    }
    if (s->link == NULL) {
        return REQUEST_DONE;
    }
    switch (pg_reply_push_copy_end(&s->link->owed.tracker)) {
    case PG_REPLY_QUEUED:
        return relay_frame(s, frame);
    case PG_REPLY_NOT_WANTED:
        return REQUEST_DONE;
    case PG_REPLY_VIOLATION:
    case PG_REPLY_FULL:
        break;
    }
    return REQUEST_WRONG;
}
