/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection to a PostgreSQL server, from the first packet to the last: it connects, logs in
 * with the settings that make our reading of SQL the server's, and is then lent to one session
 * after another. The state says what the server's next bytes mean; link_enter alone changes it. */
#ifndef PROXY_PG_LINK_H
#define PROXY_PG_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/startup.h"
#include "proxy/net/deadline.h"
#include "proxy/net/dial.h"
#include "proxy/net/stream.h"
#include "proxy/net/worker.h"
#include "proxy/pg/link_outcome.h"
#include "proxy/pg/link_replay.h"
#include "proxy/pg/link_statements.h"
#include "proxy/pg/link_target.h"
#include "proxy/pg/owed.h"
#include "proxy/pg/pool.h"

struct link_login;
struct session;
struct settings;

LIST_HEAD(cancel_list, cancel);
LIST_HEAD(link_list, link);

enum link_state {
    LINK_CONNECTING,
    LINK_LOGIN,     /* the startup packet was sent */
    LINK_IDLE,      /* nobody has it, nothing is owed */
    LINK_LENT,      /* a session has it */
    LINK_SCRUBBING, /* DISCARD ALL was sent on it, then it is idle */
    LINK_HELD,      /* a session gave it back while a cancel request for it was under way */
    LINK_CLOSED,
    LINK_STATES
};

/* Whose link it is. All callbacks but input come once; input whenever there is some in a state
 * other than CONNECTING and LOGIN. link_close may be called in each of them. */
struct link_ops {
    void (*ready)(struct link *link);                    /* logged in: the state is IDLE */
    void (*gone)(struct link *link, const char *reason); /* failed or lost: closed right after */
    void (*input)(struct link *link);
    void (*drained)(struct link *link);
    void (*stale)(struct link *link); /* is_stale was set; may be NULL */
    /* At the login's last message: NULL, or why the server is of no use, for gone. May be NULL. */
    const char *(*unfit)(struct link *link);
};

struct link {
    uint32_t tag;
    enum link_state state; /* link_enter writes it */
    struct stream stream;
    struct worker *worker;            /* borrows */
    const struct link_ops *ops;       /* borrows */
    void *owner;                      /* borrows; what ops know it by */
    const struct link_target *target; /* borrows */
    size_t endpoint;                  /* of the target's */
    char *address;                    /* owns; of the same, as it is written */
    struct dial dial;                 /* the way to it */
    struct link_login *login;         /* owns; NULL once logged in */
    struct deadline deadline;         /* of login and scrubbing */
    struct worker_deferred deferred;
    struct pool_link pooled;
    LIST_ENTRY(link) entry;  /* among its owner's */
    struct session *session; /* borrows; while LENT */
    struct owed owed;
    struct link_outcome outcome;
    struct link_statements statements;
    struct link_replay replay; /* of the batch under way */
    struct link_unnamed unnamed;
    struct settings *settings;  /* shares; what the server has beyond its defaults */
    uint32_t batch;             /* of extended messages between two Syncs, counted up */
    bool has_local_settings;    /* SET LOCAL was sent in this transaction */
    bool is_applying;           /* the settings of its session are being set */
    bool is_out_of_step;        /* the server sent what nobody asked for */
    bool is_unfit;              /* ops->unfit said so */
    bool is_stale;              /* its server is no longer the right one: not lent again */
    uint64_t sequences_of;      /* session whose values lastval() may show; 0: nobody's */
    bool is_dirty;              /* the server may have state that only DISCARD ALL removes */
    enum pg_ready ready;        /* of the last ReadyForQuery */
    size_t relay_left;          /* bytes of a message that is relayed in pieces */
    struct cancel_list cancels; /* borrows; cancel requests under way */
    uint32_t process_id;
    size_t key_len;
    uint8_t key[PG_CANCEL_KEY_MAX];
};

/* Starts connecting. Never NULL; failure is told by ops->gone, later. */
struct link *link_open(struct worker *worker, const struct link_target *target,
                       const struct link_ops *ops, void *owner);

/* The one writer of link->state; checks that the move is legal. */
void link_enter(struct link *link, enum link_state state);

/* Closes the connection now and frees the link after the turn; what it still owed is forgotten.
 * Its owner and its session must have let go of it. Twice is fine. */
void link_close(struct link *link);

/* The same because of a fault; ops->gone is told first. */
void link_fail(struct link *link, const char *reason);

/* The server that it leads to is no longer the one to use; ops->stale is told. */
void link_set_stale(struct link *link);

/* What the server said while logging in; valid until ops->ready returns. */
struct server_parameters *link_parameters(struct link *link);
const char *link_state_name(enum link_state state);

#endif
