/* SPDX-License-Identifier: Apache-2.0
 *
 * Scratch memory that is given back all at once. Allocation cannot be undone one by one; shortage
 * is sticky: once the cap is reached every later call answers NULL until the reset, so that a
 * builder of many pieces may ask once, at the end, whether it all held. */
#ifndef PROTOCOL_ARENA_H
#define PROTOCOL_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct arena_chunk;

struct arena {
    /* private */
    struct arena_chunk *chunks; /* owns; newest first */
    size_t chunk_size;
    size_t cap;
    size_t used; /* bytes asked for since the last reset, rounded up for alignment */
    bool failed;
};

/* An empty arena that takes memory in pieces of chunk_size and hands out at most cap bytes between
 * two resets. Allocates nothing yet. */
void arena_init(struct arena *a, size_t chunk_size, size_t cap);

/* Releases everything. Accepts a zeroed arena; may be used again. */
void arena_fini(struct arena *a);

/* Forgets everything that was handed out and the failure. Keeps one chunk for the next request. */
void arena_reset(struct arena *a);

/* Zeroed memory of size bytes (0 counts as 1), aligned for any object, valid until the reset. NULL
 * over the cap or short of memory, and from then on. */
void *arena_new(struct arena *a, size_t size);

/* Zeroed array of count elements of size bytes; NULL also when the product overflows. */
void *arena_new_array(struct arena *a, size_t count, size_t size);

/* A copy of s with a NUL behind it; NULL as above. The NUL is no part of the length. */
char *arena_copy(struct arena *a, struct slice s);

/* Nothing was refused since the last reset. */
MUST_USE bool arena_ok(const struct arena *a);

#endif
