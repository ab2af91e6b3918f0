/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte queue below a stream. Invariant: start <= end <= cap, and memory is NULL exactly when
 * cap is 0. Memory grows by doubling, so that a byte is moved a bounded number of times, and
 * never past the caller's limit. Blocks of the usual size are kept for the next fifo of the same
 * worker; a debug build keeps none, so that ASan sees a stale view. Worker's thread only. */
#include "proxy/net/fifo.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

#ifdef ARENA_DEBUG
#define MOST_SPARES 0U
#else
#define MOST_SPARES 64U /* 1 MiB a worker */
#endif

struct fifo_spare {
    struct fifo_spare *next;
};

static void *take_block(struct fifo_spares *spares)
{
    struct fifo_spare *block = spares->first;
    if (block == NULL) {
        return malloc(FIFO_BLOCK);
    }
    spares->first = block->next;
    spares->count--;
    return block;
}

static void give_back(struct fifo_spares *spares, void *memory, size_t cap)
{
    if (cap != FIFO_BLOCK || spares->count == MOST_SPARES) {
        free(memory);
        return;
    }
    struct fifo_spare *block = memory;
    block->next = spares->first;
    spares->first = block;
    spares->count++;
}

/* The next capacity that holds need bytes: at least a block, else doubled. */
static size_t grown_cap(size_t cap, size_t need)
{
    size_t grown = cap > FIFO_BLOCK ? cap : FIFO_BLOCK;
    while (grown < need) {
        if (__builtin_mul_overflow(grown, (size_t)2, &grown)) {
            return need;
        }
    }
    return grown;
}

static bool move_to_larger(struct fifo *f, struct fifo_spares *spares, size_t need)
{
    size_t cap = grown_cap(f->cap, need);
    uint8_t *memory = cap == FIFO_BLOCK ? take_block(spares) : malloc(cap);
    if (memory == NULL) {
        return false;
    }
    size_t len = f->end - f->start;
    if (len > 0) {
        memcpy(memory, f->memory + f->start, len);
    }
    if (f->memory != NULL) {
        give_back(spares, f->memory, f->cap);
    }
    *f = (struct fifo){.memory = memory, .cap = cap, .end = len};
    return true;
}

struct slice fifo_bytes(const struct fifo *f)
{
    return f->memory == NULL ? slice_of(NULL, 0)
                             : slice_of(f->memory + f->start, f->end - f->start);
}

uint8_t *fifo_reserve(struct fifo *f, struct fifo_spares *spares, size_t len, size_t limit,
                      size_t *out_room)
{
    check(f->start <= f->end && f->end <= f->cap);
    size_t held = f->end - f->start;
    if (held > limit || len > limit - held) {
        return NULL;
    }
    if (len > f->cap - f->end || f->memory == NULL) {
        if (f->memory != NULL && held + len <= f->cap && held <= f->start) {
            memcpy(f->memory, f->memory + f->start, held); /* held <= start: no overlap */
            f->start = 0;
            f->end = held;
        } else if (!move_to_larger(f, spares, held + len)) {
            return NULL;
        }
    }
    size_t room = f->cap - f->end;
    *out_room = room < limit - held ? room : limit - held;
    return f->memory + f->end;
}

void fifo_commit(struct fifo *f, size_t len)
{
    check(len <= f->cap - f->end);
    f->end += len;
}

void fifo_consume(struct fifo *f, struct fifo_spares *spares, size_t len)
{
    check(len <= f->end - f->start);
    f->start += len;
    if (f->start == f->end) {
        fifo_clear(f, spares);
    }
}

void fifo_clear(struct fifo *f, struct fifo_spares *spares)
{
    if (f->memory != NULL) {
        give_back(spares, f->memory, f->cap);
    }
    *f = (struct fifo){0};
}

void fifo_spares_fini(struct fifo_spares *spares)
{
    while (spares->first != NULL) {
        struct fifo_spare *block = spares->first;
        spares->first = block->next;
        free(block);
    }
    spares->count = 0;
}
