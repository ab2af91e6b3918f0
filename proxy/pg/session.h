/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's connection, as the files that make up a session share it; others see pg_worker.h and
 * protocol hooks only. The state says what the client's next bytes mean; session_enter alone
 * changes it. */
#ifndef PROXY_PG_SESSION_H
#define PROXY_PG_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "policy/sql/effect.h"
#include "protocol/compiler.h"
#include "protocol/pg/frame.h"
#include "proxy/net/deadline.h"
#include "proxy/net/protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/worker.h"
#include "proxy/pg/close_reason.h"
#include "proxy/pg/hash.h"
#include "proxy/pg/pool.h"
#include "proxy/pg/session_names.h"
#include "proxy/pg/session_state.h"
#include "proxy/pg/tally.h"

struct link;
struct metrics_group;
struct pg_upstream;
struct pg_worker;
struct session_copy;
struct session_login;
struct settings;
struct sql_refusal;

#define SESSION_SECRET_MAX ((size_t)32)

struct session {
    uint32_t tag;
    enum session_state state; /* session_enter writes it */
    struct stream stream;
    struct pg_worker *pg; /* borrows */
    struct worker_deferred deferred;
    TAILQ_ENTRY(session) entry;
    uint64_t id;                  /* in the log */
    struct session_login *login;  /* owns; until logged in */
    struct pg_upstream *upstream; /* borrows */
    struct link *link;            /* borrows; while ACTIVE */
    struct pool_waiter waiter;
    struct settings *settings;     /* shares; what it has on whatever link */
    struct settings *base;         /* shares; what it had at its login */
    struct settings *wanted;       /* shares; what a SET that is under way makes of them, or NULL */
    bool may_track;                /* nothing of its transaction was sent yet */
    bool is_set;                   /* the server has confirmed the SET */
    bool resets_all;               /* it is RESET ALL: the link goes back when it is over */
    uint64_t meaning;              /* equal while the text of a statement means the same */
    struct session_names names;    /* of its prepared statements */
    struct session_copy *copy;     /* owns; under isolation, while a COPY may be under way */
    struct metrics_group *metrics; /* borrows; the tenant's */
    int64_t began_us;              /* to ask the server, after it owed nothing */
    int64_t transaction_us;        /* when its transaction began, while it is in one */
    int64_t rested_us;             /* when the server owed nothing any more */
    struct deadline limit;         /* when to look whether it takes too long */
    bool is_timed_out;             /* its statement was cancelled for taking too long */
    struct tally_item *counted[TALLY_KINDS]; /* shares; while it counts as a session */
    int64_t asked_us;    /* when it began to wait for a link; 0 when it does not */
    bool skips;          /* messages are dropped up to the next Sync */
    bool has_open_batch; /* messages since the last Sync may wait for one */
    bool is_leaving;     /* said Terminate; its last answers are still to come */
    bool is_pinned;      /* keeps its link beyond the transaction */
    enum sql_effect pin; /* why; while is_pinned */
    bool is_stopped;     /* not read: waits for earlier answers */
    bool was_cut_off;    /* its link went in the middle of a message to the client */
    bool has_no_link;    /* the pool refused, for this reason: */
    enum pool_refusal why_no_link;
    bool must_end; /* tenant or listener is gone, or draining: closed between transactions */
    enum close_reason end_reason;
    uint8_t tenant_len;
    char tenant[64];
    uint32_t cancel_id; /* the process id the client was told */
    uint8_t cancel_secret[SESSION_SECRET_MAX];
    uint8_t cancel_secret_len; /* 4 in protocol 3.0, more since 3.2 */
    UT_hash_handle hh;
};

struct slice session_tenant(const struct session *s);

/* The one writer of s->state; checks that the move is legal. */
void session_enter(struct session *s, enum session_state state);

/* session.c: a new session; takes the socket over. */
void session_accept(struct pg_worker *pg, const struct incoming *incoming);

/* Ends it: the client is told if there is something to tell, its link is given back or closed.
 * Twice is fine. Memory goes after the turn. */
void session_close(struct session *s, enum close_reason reason);

/* The same with the words of the one who knows more: shown to the client, "" for the usual ones. */
void session_close_because(struct session *s, enum close_reason reason, struct slice message);

/* Reads no more messages until session_continue: earlier answers must come first. */
void session_stop(struct session *s);
void session_continue(struct session *s);

#endif
