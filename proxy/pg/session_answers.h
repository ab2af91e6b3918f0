/* SPDX-License-Identifier: Apache-2.0
 *
 * What session_replies.c does with messages that are not relayed as they are: errors, and entries
 * that the proxy answers itself. */
#ifndef PROXY_PG_SESSION_ANSWERS_H
#define PROXY_PG_SESSION_ANSWERS_H

#include "protocol/bytes.h"
#include "protocol/pg/frame.h"
#include "proxy/pg/owed.h"

struct link;
struct session;

/* One look at a link's input. */
struct relay {
    struct session *s;
    struct link *link;
    struct slice in;
    size_t run; /* from here up to `at`, the client gets it as it is */
    size_t at;
};

enum relay_step {
    RELAY_NEXT,
    RELAY_ENOUGH, /* the rest of a message is still to come */
    RELAY_OVER,   /* the session has no link any more */
};

/* An ErrorResponse that answers reply; it was left out of the run. */
enum relay_step session_take_error(struct relay *r, const struct pg_frame *frame,
                                   const struct pg_reply *reply);

/* An ErrorResponse that answers nothing: the server is about to close the connection. */
enum relay_step session_take_last_words(struct relay *r, const struct pg_frame *frame);

/* An entry is complete; the server's last message for it was of that type. */
void session_finish_entry(struct session *s, const struct pg_reply *reply, struct owed_note *note,
                          uint8_t type);

/* The server skipped an entry: nothing of what it was to do has happened. */
void session_undo(struct session *s, const struct pg_reply *reply, struct owed_note *note);

/* It is a local entry's turn. */
void session_answer_entry(struct session *s, const struct pg_reply *reply, struct owed_note *note);

#endif
