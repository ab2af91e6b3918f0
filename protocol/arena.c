/* SPDX-License-Identifier: Apache-2.0
 *
 * Bump allocation in a list of chunks. Invariant: used <= cap, and the newest chunk's fill is at
 * most its size. A request larger than a chunk gets a chunk of its own. With ARENA_DEBUG every
 * allocation is a chunk of exactly its own size, so that ASan sees an overrun of one byte and a
 * use after the reset; the cap counts the same in both, so both fail at the same request. */
#include "protocol/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

#define ALIGNMENT alignof(max_align_t)

struct arena_chunk {
    struct arena_chunk *next; /* owns; older */
    size_t size;
    size_t filled;
    alignas(max_align_t) uint8_t memory[];
};

void arena_init(struct arena *a, size_t chunk_size, size_t cap)
{
    check(chunk_size > 0 && cap <= PTRDIFF_MAX && chunk_size <= PTRDIFF_MAX);
    *a = (struct arena){.chunk_size = chunk_size, .cap = cap};
}

/* Frees chunks up to keep, which may be NULL for all of them, and answers keep. */
static struct arena_chunk *free_down_to(struct arena_chunk *chunk, const struct arena_chunk *keep)
{
    while (chunk != keep) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    return chunk;
}

void arena_fini(struct arena *a)
{
    a->chunks = free_down_to(a->chunks, NULL);
    a->used = 0;
    a->failed = false;
}

#ifdef ARENA_DEBUG

void arena_reset(struct arena *a)
{
    arena_fini(a);
}

/* What a chunk must hold so that size bytes fit: exactly them. */
static size_t chunk_size_for(const struct arena *a, size_t size, size_t rounded)
{
    (void)a;
    (void)rounded;
    return size;
}

#else

/* The oldest chunk, where it is one of the usual size. */
static struct arena_chunk *reusable_chunk(const struct arena *a)
{
    struct arena_chunk *chunk = a->chunks;
    while (chunk != NULL && chunk->next != NULL) {
        chunk = chunk->next;
    }
    return chunk != NULL && chunk->size == a->chunk_size ? chunk : NULL;
}

void arena_reset(struct arena *a)
{
    a->chunks = free_down_to(a->chunks, reusable_chunk(a));
    if (a->chunks != NULL) {
        a->chunks->filled = 0;
    }
    a->used = 0;
    a->failed = false;
}

static size_t chunk_size_for(const struct arena *a, size_t size, size_t rounded)
{
    (void)size;
    return rounded > a->chunk_size ? rounded : a->chunk_size;
}

#endif

static struct arena_chunk *add_chunk(struct arena *a, size_t size)
{
    struct arena_chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk != NULL) {
        *chunk = (struct arena_chunk){.next = a->chunks, .size = size};
        a->chunks = chunk;
    }
    return chunk;
}

static void *refuse(struct arena *a)
{
    a->failed = true;
    return NULL;
}

void *arena_new(struct arena *a, size_t size)
{
    size = size > 0 ? size : 1;
    if (a->failed || size > a->cap) {
        return refuse(a);
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > a->cap - a->used) {
        return refuse(a);
    }
    struct arena_chunk *chunk = a->chunks;
    if (chunk == NULL || rounded > chunk->size - chunk->filled) {
        chunk = add_chunk(a, chunk_size_for(a, size, rounded));
    }
    if (chunk == NULL) {
        return refuse(a);
    }
    void *memory = chunk->memory + chunk->filled;
    size_t left = chunk->size - chunk->filled;
    chunk->filled += rounded < left ? rounded : left;
    a->used += rounded;
    return memset(memory, 0, size);
}

void *arena_new_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes = 0;
    return __builtin_mul_overflow(count, size, &bytes) ? refuse(a) : arena_new(a, bytes);
}

char *arena_copy(struct arena *a, struct slice s)
{
    char *copy = s.len < SIZE_MAX ? arena_new(a, s.len + 1) : refuse(a);
    if (copy != NULL && s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

bool arena_ok(const struct arena *a)
{
    return !a->failed;
}
