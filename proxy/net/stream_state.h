/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream's state and the moves between states, lists and events. For stream.c and stream_turn.c
 * only. */
#ifndef PROXY_NET_STREAM_STATE_H
#define PROXY_NET_STREAM_STATE_H

#include <stdbool.h>

#include "proxy/net/stream.h"

#define STREAM_TAG 0x57e4a301U

enum stream_state {
    STREAM_IS_ZERO, /* zeroed */
    STREAM_IS_CONNECTING,
    STREAM_IS_OPEN,
    STREAM_IS_FLUSHING,  /* closing: output is left */
    STREAM_IS_LINGERING, /* closing: all sent, waits for the peer's end */
    STREAM_IS_ENDED,     /* on_closed was called */
    STREAM_IS_CLOSED,
};

enum stream_flag {
    STREAM_PAUSED = 1 << 0,
    STREAM_BLOCKED = 1 << 1, /* the socket takes no more output */
    STREAM_FULL = 1 << 2,    /* was above the high-water mark and on_drained was not called since */
    STREAM_DELIVERING = 1 << 3, /* inside on_input */
    STREAM_HUNG_UP = 1 << 4,    /* on_hangup was called */
    STREAM_BROKEN = 1 << 5,     /* sending failed with s->error; to be told from the ready list */
    STREAM_REDELIVER = 1 << 6,  /* show kept input again */
    STREAM_ON_READY = 1 << 7,
    STREAM_ON_UNSENT = 1 << 8,
    STREAM_SHAKES = 1 << 9, /* the handshake is to begin */
};

/* The flags. */
bool stream_has(const struct stream *s, enum stream_flag flag);
void stream_set(struct stream *s, enum stream_flag flag);
void stream_clear(struct stream *s, enum stream_flag flag);

/* On worker->ready and worker->unsent, once. */
void stream_put_on_ready(struct stream *s);
void stream_put_on_unsent(struct stream *s);
void stream_take_off_ready(struct stream *s);
void stream_take_off_unsent(struct stream *s);

/* Waits for what the state wants; costs nothing when that is what it waits for already. */
void stream_update_events(struct stream *s);

/* Calls on_closed; nothing is waited for any more. */
void stream_tell_end(struct stream *s, enum stream_end end, int error);

/* The sending side failed. What the peer said before is shown first, from the ready list. */
void stream_break(struct stream *s, int error);

/* The deadline of a closing stream. */
void stream_linger_over(struct deadline *d);

#endif
