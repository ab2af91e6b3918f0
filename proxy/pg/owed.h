/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server still owes on one link: the protocol's own account (reply_tracker.h), and beside
 * it what the proxy must remember of a message until its answer has come: which plan maps its
 * error positions, which statement it settles, which refusal takes its answer's place. */
#ifndef PROXY_PG_OWED_H
#define PROXY_PG_OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/compiler.h"
#include "protocol/pg/reply_tracker.h"

struct refusal;
struct sql_plan;
struct statement;
struct statement_slot;

/* What to do with an answer: flags of a tracker's entry. */
enum owed_flag {
    OWED_SWALLOW = 1,      /* asked for the proxy's own sake: the client gets the error, if any */
    OWED_REFUSED = 2,      /* the server was asked for an error; the client gets it in our words */
    OWED_HIDES = 4,        /* ParameterDescription loses its last type */
    OWED_LOCAL = 8,        /* the server was not asked; the proxy answers in its turn */
    OWED_DEALLOCATES = 16, /* the server executes nothing; the client gets DEALLOCATE's answer */
    OWED_DISCARDS = 32,    /* DISCARD ALL */
};

struct owed_note {
    struct statement *statement;   /* shares; Parse: settled by the answer */
    struct sql_plan *plan;         /* shares; maps positions in errors */
    struct statement_slot *closed; /* owns; names that come back if the server skips it */
    struct refusal *refusal;       /* owns; OWED_REFUSED */
    uint64_t link_statement;       /* Parse, Close: number of the server's statement */
    uint64_t unnamed_number;       /* Parse of the unnamed statement: which one on this link */
    uint64_t number;               /* private */
};

struct owed {
    struct pg_reply_tracker tracker; /* for everything but pushing */
    /* private */
    struct owed_note *ring; /* owns; size notes, of which count from first on are kept */
    size_t size;            /* a power of two */
    size_t first;
    size_t count;
    uint64_t last_number;
};

/* Nothing is owed by a server that is ready. */
void owed_init(struct owed *o);

/* Releases it; every note was taken (checked). Accepts a zeroed one. */
void owed_fini(struct owed *o);

/* Notes a message about to be sent, or OWED_LOCAL. What note (which may be NULL) shares and owns
 * is the queue's from then on, also when the push is refused. */
MUST_USE enum pg_reply_push owed_push(struct owed *o, enum pg_reply_kind kind, uint32_t flags,
                                      struct owed_note *note);

/* The note of an entry the tracker answered, or NULL. Borrows until the next push or take. */
const struct owed_note *owed_find(const struct owed *o, const struct pg_reply *reply);

/* Moves it into *out, zeroed if there is none; the entry has left the tracker. */
void owed_take(struct owed *o, const struct pg_reply *reply, struct owed_note *out);

/* The same for the oldest note, whatever became of its entry; false when there is none. */
bool owed_take_any(struct owed *o, struct owed_note *out);

/* Gives up what a note shares and owns. */
void owed_note_fini(struct owed_note *note);

#endif
