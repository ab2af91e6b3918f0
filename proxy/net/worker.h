/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker: one thread, one event loop, and everything that its sessions share without a lock.
 * A turn of the loop is: wait, read the clock, handle events, fire deadlines, flush what was
 * written, free what was given up. Only worker_post and the session count are for other threads. */
#ifndef PROXY_NET_WORKER_H
#define PROXY_NET_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "protocol/compiler.h"
#include "proxy/net/fifo.h"

struct chores;
struct deadline_heap;
struct event_base;
struct metrics_shard;
struct names;
struct snapshot;
struct stream;
struct worker;
TAILQ_HEAD(stream_list, stream);

/* What one read may take, and so the most that on_input sees without a buffer. */
#define WORKER_SCRATCH ((size_t)64 * 1024)

/* The part of a worker that sessions use; the rest is in worker.c. */
struct worker {
    int64_t now_us;            /* monotonic, read once a turn */
    unsigned index;            /* from 0 */
    struct snapshot *snapshot; /* shares; swapped between turns, so take a reference to keep it */
    struct metrics_shard *metrics; /* borrows; NULL in tests that do not count */
    struct worker **peers;         /* borrows: all workers, this one at [index]; for worker_post */
    unsigned num_peers;
    _Atomic uint32_t *catalog_wishes; /* borrows; NULL in tests; see protocol_want_catalog */
    _Atomic uint32_t num_sessions;    /* any thread: see protocol.h */
    struct chores *chores;            /* owns; what would hold up the loop */
    struct names *names;              /* owns; what host names stand for */
    struct protocol_host *host;       /* private: of protocol.c */
    /* private: for streams */
    struct event_base *base;   /* owns */
    struct fifo_spares spares; /* owns */
    struct stream_list ready;  /* borrows: have something to tell their owner */
    struct stream_list unsent; /* borrows: have output to send at the end of the turn */
    uint8_t *scratch;          /* owns; WORKER_SCRATCH bytes */
};

/* What other threads send. Embedded first in a larger struct that run() frees. */
struct worker_message {
    void (*run)(struct worker *worker, struct worker_message *message); /* on worker's thread */
    struct worker_message *next;                                        /* private */
};

/* What is freed after the turn. Embedded in sessions and links. */
struct worker_deferred {
    void (*run)(struct worker_deferred *deferred);
    struct worker_deferred *next; /* private */
};

/* A worker that does not run yet; NULL when the system is out of descriptors. */
MUST_USE struct worker *worker_new(unsigned index);

/* Runs the loop on a new thread (64 MiB of stack: the SQL parser recurses), or on this one, until
 * worker_stop. worker_start fails with an errno value. */
MUST_USE int worker_start(struct worker *worker);
void worker_run(struct worker *worker);

/* One turn that waits at most wait_us: for tests. */
void worker_turn(struct worker *worker, int64_t wait_us);

/* Any thread: runs message->run on the worker's thread, in order of posting. After the worker
 * stopped, worker_join runs what is left, so that no message is lost. */
void worker_post(struct worker *worker, struct worker_message *message);

/* Any thread: the loop ends after its current turn and a few more, which do not wait. */
void worker_stop(struct worker *worker);

/* Waits for the thread's end and runs the messages that came too late. */
void worker_join(struct worker *worker);

/* Joins and releases everything. Accepts NULL inside. */
void worker_free(struct worker **worker);

/* Calls deferred->run after this turn's last callback: how every session and link is freed. */
void worker_defer(struct worker *worker, struct worker_deferred *deferred,
                  void (*run)(struct worker_deferred *deferred));

/* For deadline.c and stream.c: the armed deadlines; reads the clock on the turn's first event. */
struct deadline_heap *worker_deadlines(struct worker *worker);
void worker_begin_turn(struct worker *worker);

/* Any thread: when the worker's last turn began, on the monotonic clock. */
int64_t worker_heartbeat_us(const struct worker *worker);

#endif
