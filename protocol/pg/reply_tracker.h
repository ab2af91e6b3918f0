/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server still owes on one link, in order, so that every reply goes to the request that
 * earned it or the link is closed. Each message sent that earns a reply is pushed; each message
 * received is fed; after every push and every feed, settle is called until it answers
 * PG_REPLY_WAITS, because entries may end without a word from the server. */
#ifndef PROTOCOL_PG_REPLY_TRACKER_H
#define PROTOCOL_PG_REPLY_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/compiler.h"
#include "protocol/pg/backend.h"

/* Most entries in the queue. A server sends when its 8 KiB buffer is full, which 1,639 replies of 5
 * bytes do: a sender that pauses below this cap is never paused for good. */
#define PG_REPLY_CAP ((size_t)8192)

enum pg_reply_kind {
    PG_REPLY_QUERY,
    PG_REPLY_FUNCTION_CALL,
    PG_REPLY_PARSE,
    PG_REPLY_BIND,
    PG_REPLY_DESCRIBE_STATEMENT,
    PG_REPLY_DESCRIBE_PORTAL,
    PG_REPLY_EXECUTE,
    PG_REPLY_CLOSE,
    PG_REPLY_SYNC,
    PG_REPLY_COPY_END, /* only inside the tracker */
};

struct pg_reply {
    enum pg_reply_kind kind;
    bool is_local;  /* nothing was sent: it ends when it gets to the head of the queue */
    uint32_t flags; /* the caller's */
    uint64_t value; /* the caller's */
};

struct pg_reply_tracker {
    /* private */
    struct pg_reply *ring; /* owns; size entries, of which count from first on are queued */
    size_t size;
    size_t first;
    size_t count;
    size_t num_sent;      /* queued entries that the server was sent */
    size_t num_copiers;   /* of those, the ones that may turn out to be a COPY FROM STDIN */
    size_t num_swallowed; /* Syncs that the COPY at the head has presumably swallowed */
    uint8_t phase;        /* what may come for the head */
    uint8_t status;       /* of the last ReadyForQuery; 0 when something was sent since */
    bool needs_sync;      /* an extended message was sent and no Sync since */
    bool is_failing;      /* the server skips everything up to a Sync */
    bool copy_is_open;    /* the head is a COPY that still takes data */
    bool is_unsound;
};

/* An empty tracker of a link whose last ReadyForQuery said status. Release with pg_reply_fini. */
void pg_reply_init(struct pg_reply_tracker *t, enum pg_ready status);
void pg_reply_fini(struct pg_reply_tracker *t);

enum pg_reply_push {
    PG_REPLY_QUEUED,
    PG_REPLY_NOT_WANTED, /* the server would ignore the message: do not send it */
    PG_REPLY_VIOLATION,  /* the message may not follow: only COPY data may here */
    PG_REPLY_FULL,       /* PG_REPLY_CAP is reached or memory is short: close */
};

/* Notes a message about to be sent (Flush earns no reply and is not noted), or, where is_local, one
 * the proxy answers itself. A local Sync is a violation while the server needs a real one: after an
 * error it would skip all that follows. */
MUST_USE enum pg_reply_push pg_reply_push(struct pg_reply_tracker *t, const struct pg_reply *entry);

/* Notes a CopyDone or CopyFail about to be sent. */
MUST_USE enum pg_reply_push pg_reply_push_copy_end(struct pg_reply_tracker *t);

/* Whether a CopyData has a taker. If not, it is what a client still sends after a COPY failed, and
 * is dropped. */
bool pg_reply_wants_copy(const struct pg_reply_tracker *t);

enum pg_reply_verdict {
    PG_REPLY_UNEXPECTED, /* nobody asked for it: close the link */
    PG_REPLY_ASYNC,      /* notice, parameter status, notification: an answer to nobody */
    PG_REPLY_PART,       /* belongs to *out; more will come for it */
    PG_REPLY_LAST,       /* belongs to *out and ends it */
};

/* Judges the next message of the server by its type; *out only for PART and LAST. */
MUST_USE enum pg_reply_verdict pg_reply_feed(struct pg_reply_tracker *t, uint8_t type,
                                             struct pg_reply *out);

/* The same for a ReadyForQuery that says status. */
MUST_USE enum pg_reply_verdict pg_reply_feed_ready(struct pg_reply_tracker *t, enum pg_ready status,
                                                   struct pg_reply *out);

enum pg_reply_settled {
    PG_REPLY_WAITS,   /* nothing more to settle now */
    PG_REPLY_LOCAL,   /* *out is a local entry whose turn it is: answer it */
    PG_REPLY_SKIPPED, /* *out was skipped after an error: it has no reply and no effect */
};
MUST_USE enum pg_reply_settled pg_reply_settle(struct pg_reply_tracker *t, struct pg_reply *out);

/* How many more entries may be pushed. */
size_t pg_reply_room(const struct pg_reply_tracker *t);

/* Whether nothing is owed and nothing was sent since the last ReadyForQuery, which said *out. */
bool pg_reply_is_idle(const struct pg_reply_tracker *t, enum pg_ready *out);

/* False once it could not be known how many ReadyForQuery are to come: a COPY failed that may or
 * may not have swallowed a Sync. The session may go on with the link; no other may have it. */
bool pg_reply_is_sound(const struct pg_reply_tracker *t);

#endif
