/* SPDX-License-Identifier: Apache-2.0
 *
 * A binary min-heap of deadlines, one per worker. Invariant: items[i]->position == i + 1, and no
 * item fires before its parent. The heap owns only its array; its length is bounded by the
 * deadlines embedded in sessions and links, which are counted elsewhere. Worker's thread only. */
#include "proxy/net/deadline.h"

#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/worker.h"

#define DEADLINE_TAG   0xdead11e0U
#define FIRST_CAP      64U
#define FIRST_POSITION 1U

static void place(struct deadline_heap *heap, uint32_t index, struct deadline *d)
{
    heap->items[index] = d;
    d->position = index + FIRST_POSITION;
}

static void sift_up(struct deadline_heap *heap, uint32_t index, struct deadline *d)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (heap->items[parent]->at_us <= d->at_us) {
            break;
        }
        place(heap, index, heap->items[parent]);
        index = parent;
    }
    place(heap, index, d);
}

static void sift_down(struct deadline_heap *heap, uint32_t index, struct deadline *d)
{
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= heap->len) {
            break;
        }
        if (child + 1 < heap->len && heap->items[child + 1]->at_us < heap->items[child]->at_us) {
            child++;
        }
        if (heap->items[child]->at_us >= d->at_us) {
            break;
        }
        place(heap, index, heap->items[child]);
        index = child;
    }
    place(heap, index, d);
}

/* Puts d, which has no place or a wrong one, where it belongs, starting at index. */
static void settle(struct deadline_heap *heap, uint32_t index, struct deadline *d)
{
    if (index > 0 && heap->items[(index - 1) / 2]->at_us > d->at_us) {
        sift_up(heap, index, d);
    } else {
        sift_down(heap, index, d);
    }
}

void deadline_init(struct deadline *d, deadline_fn *fn)
{
    check(fn != NULL);
    *d = (struct deadline){.tag = DEADLINE_TAG, .fn = fn};
}

bool deadline_armed(const struct deadline *d)
{
    return d->position != 0;
}

void deadline_heap_arm(struct deadline_heap *heap, struct deadline *d, int64_t at_us)
{
    check(d->tag == DEADLINE_TAG);
    d->at_us = at_us;
    if (d->position != 0) {
        check(d->heap == heap);
        settle(heap, d->position - FIRST_POSITION, d);
        return;
    }
    if (heap->len == heap->cap) {
        heap->cap = heap->cap > 0 ? heap->cap * 2 : FIRST_CAP;
        heap->items = mem_resize(heap->items, heap->cap, sizeof *heap->items);
    }
    d->heap = heap;
    heap->len++;
    sift_up(heap, heap->len - 1, d);
}

void deadline_arm(struct worker *worker, struct deadline *d, int64_t at_us)
{
    deadline_heap_arm(worker_deadlines(worker), d, at_us);
}

void deadline_disarm(struct deadline *d)
{
    if (d->position == 0) {
        return;
    }
    struct deadline_heap *heap = d->heap;
    uint32_t index = d->position - FIRST_POSITION;
    check(d->tag == DEADLINE_TAG && index < heap->len && heap->items[index] == d);
    struct deadline *last = heap->items[--heap->len];
    d->position = 0;
    d->heap = NULL;
    if (last != d) {
        settle(heap, index, last);
    }
}

int64_t deadline_heap_next(const struct deadline_heap *heap)
{
    return heap->len > 0 ? heap->items[0]->at_us : INT64_MAX;
}

uint32_t deadline_heap_run(struct deadline_heap *heap, int64_t now_us)
{
    uint32_t num_fired = 0;
    for (uint32_t most = heap->len; num_fired < most && deadline_heap_next(heap) <= now_us;) {
        struct deadline *due = heap->items[0];
        deadline_disarm(due);
        due->fn(due);
        num_fired++;
    }
    return num_fired;
}

void deadline_heap_fini(struct deadline_heap *heap)
{
    if (heap == NULL) {
        return;
    }
    while (heap->len > 0) {
        deadline_disarm(heap->items[heap->len - 1]);
    }
    free(heap->items);
    *heap = (struct deadline_heap){0};
}
