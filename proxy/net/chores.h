/* SPDX-License-Identifier: Apache-2.0
 *
 * Computations that take too long for a worker's event loop, done by a few threads of the worker's
 * own. A chore is added on the worker's thread, worked on another, and done with on the worker's
 * thread again. Chores are bounded in number and in time: nothing that waits for a peer is one. */
#ifndef PROXY_NET_CHORES_H
#define PROXY_NET_CHORES_H

#include <stdbool.h>
#include <sys/queue.h>

#include "protocol/compiler.h"
#include "proxy/net/worker.h"

struct chores;

#define CHORES_QUEUED_MAX 512U /* that no thread has begun */

/* Embedded in a larger struct, which done frees. */
struct chore {
    void (*work)(struct chore *chore); /* on any thread: touches nothing but the chore */
    void (*done)(struct chore *chore); /* on the worker's thread, once, also without was_worked */
    bool was_worked;                   /* false: the worker came to its end before */
    /* private */
    struct worker_message message;
    STAILQ_ENTRY(chore) entry;
    bool is_queued; /* no thread has begun it */
};

struct chores *chores_new(struct worker *worker);

/* Takes the chore over. False when too many wait, or the system has no thread, or the end has
 * come: then it is still the caller's and nothing will be called. */
MUST_USE bool chores_add(struct chores *chores, struct chore *chore);

/* Takes back a chore that no thread has begun, for nobody wants it any more: true, and it is the
 * caller's again. False: it was begun, and done will be called. Only between chores_add and done.
 */
MUST_USE bool chores_drop(struct chores *chores, struct chore *chore);

/* Not the worker's thread: waits for the chores that are being worked, hands back the others, and
 * takes no more. Before the last worker_join. */
void chores_shut(struct chores *chores);

/* After chores_shut. Accepts NULL inside. */
void chores_free(struct chores **chores);

#endif
