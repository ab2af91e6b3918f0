/* SPDX-License-Identifier: Apache-2.0
 *
 * "cached plan must not change result type": a table has changed since the link's server prepared
 * a statement. A client with a connection of its own would have parsed it since, or can parse it
 * again; here the proxy chose the statement, so it mends it: the server prepares it anew, and what
 * the client sent since its first Bind is handled once more. Only while nothing of it was
 * executed or answered, outside of a transaction, and once. */
#ifndef PROXY_PG_LINK_REPLAY_H
#define PROXY_PG_LINK_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/compiler.h"
#include "protocol/pg/frame.h"

struct session;

enum replay_state {
    REPLAY_NONE,
    REPLAY_OPEN,  /* messages of a batch are being kept; its Sync is to come */
    REPLAY_WHOLE, /* its Sync was sent, and nothing behind it */
    REPLAY_DUE,   /* it failed and was not told: again after ReadyForQuery */
};

/* A zeroed one keeps nothing. */
struct link_replay {
    enum replay_state state;
    /* private */
    bool is_second;       /* what is under way was replayed */
    bool told_parameters; /* of the first message, a Describe, which then failed */
    uint8_t *bytes;       /* owns; len of size bytes: the client's messages */
    size_t len;
    size_t size;
};

void link_replay_fini(struct link_replay *replay);

/* Whether a message that is about to be handled may be the first that is kept. */
bool session_replay_may_begin(const struct session *s, uint8_t type);

/* The message was handled; may_begin as it was answered before. The session has a link. */
void session_replay_note(struct session *s, const struct pg_frame *frame, bool may_begin);

/* Nothing is to be replayed any more. */
void link_replay_drop(struct link_replay *replay);

/* A message that the client asked for, by its type, is about to go to it. False: it must not,
 * because it is the end of what failed, or the client has had it from the first attempt. */
MUST_USE bool session_replay_may_tell(struct session *s, uint8_t type);

/* The server's error, its fields: true when it is about a statement that was prepared before a
 * table changed and the client need not know, because the batch will be replayed. The statements
 * of that text are prepared anew on every link of the worker in either case. */
MUST_USE bool session_replay_heals(struct session *s, struct slice fields);

/* Handles the kept messages once more. The state must be REPLAY_DUE, and the server ready. */
void session_replay_run(struct session *s);

#endif
