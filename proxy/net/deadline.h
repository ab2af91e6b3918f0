/* SPDX-License-Identifier: Apache-2.0
 *
 * Moments at which a worker calls its owner back. A deadline is embedded in what waits, armed for
 * an absolute time on the worker's clock (worker->now_us) and fires once, after the events of the
 * turn. Arming an armed one moves it. One worker's thread only. */
#ifndef PROXY_NET_DEADLINE_H
#define PROXY_NET_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker;
struct deadline;

/* Called once from the worker's loop when the time has come; d is disarmed by then. */
typedef void deadline_fn(struct deadline *d);

struct deadline {
    /* private */
    uint32_t tag;
    uint32_t position; /* in the heap, from 1; 0 when not armed */
    int64_t at_us;
    deadline_fn *fn;
    struct deadline_heap *heap; /* borrows while armed */
};

/* Makes d ready to be armed. */
void deadline_init(struct deadline *d, deadline_fn *fn);

/* d fires in the first turn at or after at_us. */
void deadline_arm(struct worker *worker, struct deadline *d, int64_t at_us);

/* d will not fire. Accepts one that is not armed, or zeroed. */
void deadline_disarm(struct deadline *d);

bool deadline_armed(const struct deadline *d);

/* For the worker: the armed deadlines, earliest first. A zeroed one is empty. */
struct deadline_heap {
    /* private */
    struct deadline **items; /* owns the array, borrows the deadlines until disarmed */
    uint32_t len;
    uint32_t cap;
};

/* Puts d into the heap, or moves it. */
void deadline_heap_arm(struct deadline_heap *heap, struct deadline *d, int64_t at_us);

/* When the earliest one fires; INT64_MAX when none is armed. */
int64_t deadline_heap_next(const struct deadline_heap *heap);

/* Fires what is due at now_us, at most as many as were armed on entry. Answers how many. */
uint32_t deadline_heap_run(struct deadline_heap *heap, int64_t now_us);

/* Releases the array; whatever is still armed is disarmed. */
void deadline_heap_fini(struct deadline_heap *heap);

#endif
