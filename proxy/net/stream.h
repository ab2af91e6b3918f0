/* SPDX-License-Identifier: Apache-2.0
 *
 * One connected socket of a worker. Input is shown as a view; what the owner does not consume is
 * kept. Output is collected and sent once, at the end of the turn. An idle stream owns no buffer.
 *
 * The owner embeds a stream, finds itself again with owner_of(), and frees itself with
 * worker_defer() after stream_close(). Callbacks come from the worker's loop only, never from
 * inside a stream_* call and never after stream_close(). Any stream call is allowed in them. */
#ifndef PROXY_NET_STREAM_H
#define PROXY_NET_STREAM_H

#include <stdbool.h>
#include <sys/socket.h>

#include <event2/event_struct.h>

#include "proxy/net/deadline.h"
#include "proxy/net/worker.h"

/* A stream with more than HIGH unsent is full: stop reading whatever feeds it. on_drained comes
 * when it is below LOW again. HIGH is two reads, so one peer's burst rarely stops the other. */
#define STREAM_HIGH_WATER (2 * WORKER_SCRATCH)
#define STREAM_LOW_WATER  (WORKER_SCRATCH / 2)

enum stream_end {
    STREAM_EOF,            /* the peer closed in order; all its input was shown before */
    STREAM_RESET,          /* the connection broke; error is an errno value */
    STREAM_CONNECT_FAILED, /* stream_connect did not succeed; error is an errno value */
    STREAM_TOO_LARGE,      /* max_message bytes of input are there and the owner took none */
    STREAM_FLUSHED,        /* what stream_close_after_flush asked for is done, or its time is up */
};

struct metrics_group;
struct tls;
struct stream_ops {
    void (*on_input)(struct stream *s);   /* new bytes at stream_input(s), or resumed with some */
    void (*on_drained)(struct stream *s); /* was full and is no more; may be NULL */
    void (*on_closed)(struct stream *s, enum stream_end end, int error); /* once; close it now */
    void (*on_connected)(struct stream *s); /* after stream_connect; may be NULL */
    void (*on_hangup)(struct stream *s);    /* the peer closed while paused; unread input may be
                                               left; once; NULL: not watched */
};

struct stream {
    /* private */
    uint32_t tag;
    int fd;
    struct worker *worker;        /* borrows */
    const struct stream_ops *ops; /* borrows */
    struct slice view;            /* input not consumed: scratch during on_input, else `in` */
    struct fifo in;
    struct fifo out;
    struct tls *tls; /* owns; NULL: nothing is encrypted */
    size_t max_in;
    size_t max_out;
    struct event event;
    struct deadline linger;
    TAILQ_ENTRY(stream) ready_entry;
    TAILQ_ENTRY(stream) unsent_entry;
    struct metrics_group *counted; /* borrows; NULL: bytes are not counted */
    int error;                     /* that ended the sending side */
    short interest;                /* what event waits for */
    uint16_t flags;
    uint8_t state;
};

/* Takes a connected non-blocking fd and starts reading. At most max_message bytes (and never less
 * than one read) of input are kept for an owner that waits for more. */
void stream_init(struct stream *s, struct worker *worker, int fd, const struct stream_ops *ops,
                 size_t max_message);

/* Connects a new socket; on_connected or on_closed follows in a later turn, failures included.
 * Writing is allowed at once. The time limit is the owner's deadline. */
void stream_connect(struct stream *s, struct worker *worker, const struct sockaddr *address,
                    socklen_t address_len, const struct stream_ops *ops, size_t max_message);

/* Other callbacks from now on: a link that goes from one use to another. */
void stream_set_ops(struct stream *s, const struct stream_ops *ops);

/* From now on bytes are counted as received from and sent to a client of that tenant. */
void stream_count_for(struct stream *s, struct metrics_group *tenant);

/* What was read and not consumed. Stays valid, as do parts of it, until the callback returns. */
struct slice stream_input(const struct stream *s);
/* Drops the first len bytes of the input; secret ones are overwritten (not in libssl's memory). */
void stream_consume(struct stream *s, size_t len);
void stream_consume_secret(struct stream *s, size_t len);

/* Sends a copy of bytes at the end of the turn; a large one at once, if nothing waits before it.
 * False when more than the cap would wait: close the stream. */
MUST_USE bool stream_write(struct stream *s, struct slice bytes);

/* Room for len bytes of output to build a message in; NULL when over the cap. Nothing else may be
 * called on s until stream_commit says how many of them were filled. */
MUST_USE uint8_t *stream_reserve(struct stream *s, size_t len);
void stream_commit(struct stream *s, size_t len);

/* Bytes not sent yet; whether that is more than STREAM_HIGH_WATER; how many are allowed (default
 * twice max_message and 1 MiB: rewritten messages grow). */
size_t stream_pending(const struct stream *s);
bool stream_is_full(const struct stream *s);
void stream_set_max_out(struct stream *s, size_t max_out);

/* Reading. Resuming shows input that is already there again, later in the same turn. Both may be
 * called twice. The pattern of a relay: in on_input(from), after writing to `to`,
 *     if (stream_is_full(to)) stream_pause(from);        and in on_drained(to): stream_resume(from)
 */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);
/* Sends what is unsent, then the end of stream, ignores input, and calls on_closed(STREAM_FLUSHED)
 * when the peer closed too, a second after all was sent, or at deadline_us: last words arrive. */
void stream_close_after_flush(struct stream *s, int64_t deadline_us);

/* Closes the socket now; no callback follows. May be called twice, and on a zeroed stream. */
void stream_close(struct stream *s);

/* Whether the socket is open (connecting and flushing included). */
bool stream_is_open(const struct stream *s);

#endif
