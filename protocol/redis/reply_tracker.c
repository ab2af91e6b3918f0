/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of owners. It grows by doubling up to its cap and keeps its size: a busy link stays busy.
 * Owners that go away are not searched for here; they live on, marked, until their last reply was
 * popped, so that leaving costs nothing however long the queue is. */
#include "protocol/redis/reply_tracker.h"

#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/mem.h"

#define CAP_START 64

void reply_tracker_fini(struct reply_tracker *t)
{
    if (t != NULL) {
        free(t->ring);
        *t = (struct reply_tracker){.ring = NULL};
    }
}

static struct reply_owed *slot(const struct reply_tracker *t, size_t position)
{
    return &t->ring[(t->head + position) & (t->cap - 1)];
}

static void grow(struct reply_tracker *t)
{
    size_t cap = t->cap == 0 ? CAP_START : t->cap * 2;
    struct reply_owed *ring = mem_new_array(cap, sizeof *ring);
    for (size_t i = 0; i < t->num_owed; i++) {
        ring[i] = *slot(t, i);
    }
    free(t->ring);
    t->ring = ring;
    t->cap = cap;
    t->head = 0;
}

bool reply_tracker_is_full(const struct reply_tracker *t)
{
    return t->num_owed == REPLY_TRACKER_CAP;
}

void reply_tracker_push(struct reply_tracker *t, struct reply_owed owed)
{
    check(!reply_tracker_is_full(t));
    if (t->num_owed == t->cap) {
        grow(t);
    }
    *slot(t, t->num_owed) = owed;
    t->num_owed++;
}

struct reply_owed *reply_tracker_front(struct reply_tracker *t)
{
    return t->num_owed == 0 ? NULL : slot(t, 0);
}

void reply_tracker_pop(struct reply_tracker *t)
{
    check(t->num_owed > 0);
    t->head = (t->head + 1) & (t->cap - 1);
    t->num_owed--;
}

size_t reply_tracker_num_owed(const struct reply_tracker *t)
{
    return t->num_owed;
}
