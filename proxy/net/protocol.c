/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker's side of the protocols: calls their hooks on the worker's thread for what the main
 * thread sends. The host, one per worker, is made before the thread starts and released after it
 * ended; in between only the thread looks at it. A connection that arrives after the stop is
 * closed here, so that no descriptor is lost. */
#include "proxy/net/protocol.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/owner.h"

struct protocol_host {
    const struct protocol_table *table; /* borrows */
    void *states[PROTOCOL_MOST];        /* owns, through close() */
    bool is_stopping;
};

/* A message with what it carries; which of it is used depends on run. */
struct letter {
    struct worker_message message;
    struct incoming incoming;
    struct snapshot *snapshot; /* shares */
    bool waits;                /* of a drain */
};

static void post(struct worker *worker,
                 void (*run)(struct worker *worker, struct worker_message *message),
                 struct letter *letter)
{
    letter->message.run = run;
    worker_post(worker, &letter->message);
}

static void free_letter(struct letter *letter)
{
    snapshot_unref(&letter->snapshot);
    free(letter);
}

/* Calls one hook of every protocol that has it. */
static void call_all(struct worker *worker, void (*hook)(const struct protocol_ops *, void *))
{
    for (unsigned i = 0; i < PROTOCOL_MOST; i++) {
        const struct protocol_ops *ops = worker->host->table->ops[i];
        if (ops != NULL) {
            hook(ops, worker->host->states[i]);
        }
    }
}

static void run_open(struct worker *worker, struct worker_message *message)
{
    struct protocol_host *host = worker->host;
    for (unsigned i = 0; i < PROTOCOL_MOST && !host->is_stopping; i++) {
        if (host->table->ops[i] != NULL) {
            host->states[i] = host->table->ops[i]->open(worker, host->table->shared[i]);
            check(host->states[i] != NULL);
        }
    }
    free_letter(owner_of(message, struct letter, message));
}

static void run_incoming(struct worker *worker, struct worker_message *message)
{
    struct letter *letter = owner_of(message, struct letter, message);
    const struct incoming *incoming = &letter->incoming;
    unsigned protocol = (unsigned)incoming->listener->protocol;
    check(protocol < PROTOCOL_MOST && worker->host->table->ops[protocol] != NULL);
    if (worker->host->is_stopping) {
        (void)close(incoming->fd);
        protocol_session_ended(worker);
    } else {
        worker->host->table->ops[protocol]->accept(worker->host->states[protocol], incoming);
    }
    free_letter(letter);
}

static void call_refresh(const struct protocol_ops *ops, void *state)
{
    if (ops->refresh != NULL) {
        ops->refresh(state);
    }
}

static void run_snapshot(struct worker *worker, struct worker_message *message)
{
    struct letter *letter = owner_of(message, struct letter, message);
    struct snapshot *old = worker->snapshot;
    worker->snapshot = letter->snapshot;
    letter->snapshot = old;
    if (!worker->host->is_stopping) {
        call_all(worker, call_refresh);
    }
    free_letter(letter);
}

static void call_drain(const struct protocol_ops *ops, void *state)
{
    ops->drain(state, false);
}

static void call_patient_drain(const struct protocol_ops *ops, void *state)
{
    ops->drain(state, true);
}

static void run_drain(struct worker *worker, struct worker_message *message)
{
    struct letter *letter = owner_of(message, struct letter, message);
    if (!worker->host->is_stopping) {
        call_all(worker, letter->waits ? call_patient_drain : call_drain);
    }
    free_letter(letter);
}

static void call_stop(const struct protocol_ops *ops, void *state)
{
    if (state != NULL) {
        ops->stop(state);
    }
}

static void run_stop(struct worker *worker, struct worker_message *message)
{
    if (!worker->host->is_stopping) {
        worker->host->is_stopping = true;
        call_all(worker, call_stop);
        worker_stop(worker);
    }
    free_letter(owner_of(message, struct letter, message));
}

void protocol_session_ended(struct worker *worker)
{
    check(atomic_fetch_sub_explicit(&worker->num_sessions, 1, memory_order_relaxed) > 0);
}

void protocol_want_catalog(struct worker *worker)
{
    if (worker->catalog_wishes != NULL) {
        atomic_fetch_add_explicit(worker->catalog_wishes, 1, memory_order_relaxed);
    }
}

void *protocol_state(struct worker *worker, unsigned protocol)
{
    check(protocol < PROTOCOL_MOST);
    return worker->host != NULL ? worker->host->states[protocol] : NULL;
}

void protocol_attach(struct worker *worker, const struct protocol_table *table,
                     struct snapshot *snapshot)
{
    check(worker->host == NULL);
    worker->host = mem_new(sizeof *worker->host);
    worker->host->table = table;
    worker->snapshot = snapshot_ref(snapshot);
    post(worker, run_open, mem_new(sizeof(struct letter)));
}

static void call_close(const struct protocol_ops *ops, void *state)
{
    if (state != NULL) {
        ops->close(state);
    }
}

void protocol_detach(struct worker *worker)
{
    if (worker->host != NULL) {
        call_all(worker, call_close);
        free(worker->host);
        worker->host = NULL;
    }
    snapshot_unref(&worker->snapshot);
}

void protocol_send_incoming(struct worker *worker, const struct incoming *incoming)
{
    struct letter *letter = mem_new(sizeof *letter);
    letter->incoming = *incoming;
    letter->snapshot = snapshot_ref(incoming->snapshot);
    atomic_fetch_add_explicit(&worker->num_sessions, 1, memory_order_relaxed);
    post(worker, run_incoming, letter);
}

void protocol_send_snapshot(struct worker *worker, struct snapshot *snapshot)
{
    struct letter *letter = mem_new(sizeof *letter);
    letter->snapshot = snapshot_ref(snapshot);
    post(worker, run_snapshot, letter);
}

void protocol_send_drain(struct worker *worker, bool waits)
{
    struct letter *letter = mem_new(sizeof *letter);
    letter->waits = waits;
    post(worker, run_drain, letter);
}

void protocol_send_stop(struct worker *worker)
{
    post(worker, run_stop, mem_new(sizeof(struct letter)));
}
