/* SPDX-License-Identifier: Apache-2.0
 *
 * What a wire protocol is to a worker: a table of hooks, so that net/ knows neither PostgreSQL nor
 * Redis. Every hook runs on the worker's thread. Each worker has one state per protocol (its
 * pools, plan cache, sessions), made by open() and given to all the others. */
#ifndef PROXY_NET_PROTOCOL_H
#define PROXY_NET_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "proxy/net/worker.h"

struct config_listener;
struct snapshot;

enum incoming_peer { PEER_UNIX, PEER_LOOPBACK, PEER_REMOTE };

/* "[ffff:...]:65535" and the NUL; "unix" for Unix sockets. */
#define INCOMING_NAME_SIZE 64

/* A connection that was accepted. */
struct incoming {
    int fd; /* owned by accept() from its call on */
    enum incoming_peer peer;
    bool over_limit; /* too many sessions: answer so in the protocol's words and close */
    const struct config_listener *listener; /* borrows from snapshot */
    struct snapshot *snapshot;     /* borrows: the configuration it was accepted under; take a
                                      reference for as long as listener is used */
    char name[INCOMING_NAME_SIZE]; /* the peer's address, for the log */
};

struct protocol_ops {
    const char *name; /* as in the configuration */

    /* Main thread, before the workers start and after they ended: what the workers' states share
     * (atomics only); either may be NULL, then `shared` is. */
    void *(*share)(unsigned num_workers);
    void (*unshare)(void *shared);

    /* When the worker starts; worker->snapshot and worker->peers are set. */
    void *(*open)(struct worker *worker, void *shared);

    /* One session more; it calls protocol_session_ended when it is gone. */
    void (*accept)(void *state, const struct incoming *incoming);

    void (*refresh)(void *state); /* worker->snapshot is another one now; may be NULL */
    /* Close idle sessions now, the others at transaction end. waits: sessions that keep their link
     * for as long as they like may go on; drain without it may follow. */
    void (*drain)(void *state, bool waits);
    void (*stop)(void *state);  /* close all sessions and links now; a few turns follow */
    void (*close)(void *state); /* after the last turn: releases state */
};

/* As many protocols as a worker can have: enum config_protocol counts them. */
#define PROTOCOL_MOST 2

struct protocol_table {
    const struct protocol_ops *ops[PROTOCOL_MOST]; /* borrows; by enum config_protocol */
    void *shared[PROTOCOL_MOST];                   /* borrows; what share() answered */
};

/* Session's thread: one that accept() was told of is gone. */
void protocol_session_ended(struct worker *worker);

/* Any worker's thread: asks for the catalogues to be read again soon, since a statement named a
 * relation that is not in them. A changed one comes as a new snapshot. Cheap; wishes add up. */
void protocol_want_catalog(struct worker *worker);

/* What open() answered; NULL once it is closed. For messages between workers. */
void *protocol_state(struct worker *worker, unsigned protocol);

/* Main thread. attach comes before worker_start, detach after worker_join. */
void protocol_attach(struct worker *worker, const struct protocol_table *table,
                     struct snapshot *snapshot);
void protocol_detach(struct worker *worker);

/* Main thread: what the workers are told, in this order of posting. The connection's descriptor
 * is passed on, of snapshots a reference is taken. After stop the worker's loop ends. */
void protocol_send_incoming(struct worker *worker, const struct incoming *incoming);
void protocol_send_snapshot(struct worker *worker, struct snapshot *snapshot);
void protocol_send_drain(struct worker *worker, bool waits);
void protocol_send_stop(struct worker *worker);

#endif
