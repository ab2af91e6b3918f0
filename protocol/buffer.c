/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte queue of what is kept whole. Invariant, checked before and after each operation:
 * sent <= framed <= filled <= size <= cap, and an empty buffer that has nothing reserved owns no
 * memory. There is one growth function, and it compares with what is left instead of adding first:
 * sizes come from peers (CVE-2026-6668 and CVE-2026-107348 were such additions). Shortage of
 * memory is an answer here, never an abort, because a peer decides how much is held. */
#include "protocol/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

/* The first allocation: holds the usual request, and is small enough for malloc's thread cache. */
#define FIRST_SIZE ((size_t)1024)

static void check_invariant(const struct buffer *b)
{
    check(b->sent <= b->framed && b->framed <= b->filled && b->filled <= b->size);
    check(b->size <= b->cap && (b->memory == NULL) == (b->size == 0));
}

static void release_if_empty(struct buffer *b)
{
    if (b->sent == b->filled) {
        buffer_fini(b);
    }
}

void buffer_init(struct buffer *b, size_t cap)
{
    *b = (struct buffer){.cap = cap};
}

void buffer_fini(struct buffer *b)
{
    free(b->memory);
    buffer_init(b, b->cap);
}

/* Doubles size until need fits, at most cap; need <= cap. */
static size_t grown_size(size_t size, size_t need, size_t cap)
{
    size_t doubled = size > cap / 2 ? cap : size * 2;
    size_t wanted = doubled > need ? doubled : need;
    wanted = wanted > FIRST_SIZE ? wanted : FIRST_SIZE;
    return wanted < cap ? wanted : cap;
}

static void move_to_front(struct buffer *b)
{
    if (b->sent > 0) {
        memmove(b->memory, b->memory + b->sent, b->filled - b->sent);
        b->filled -= b->sent;
        b->framed -= b->sent;
        b->sent = 0;
    }
}

/* Makes room for len bytes behind filled. Moving is cheap when more has gone than is left, so that
 * each byte is moved a bounded number of times; at the cap there is no other way. */
static bool make_room(struct buffer *b, size_t len)
{
    size_t held = b->filled - b->sent;
    if (len > b->cap - held) {
        return false;
    }
    if (b->sent >= held || b->size == b->cap) {
        move_to_front(b);
    }
    if (len <= b->size - b->filled) {
        return true;
    }
    if (len > b->cap - b->filled) {
        move_to_front(b);
    }
    size_t size = grown_size(b->size, b->filled + len, b->cap);
    uint8_t *memory = realloc(b->memory, size);
    if (memory == NULL) {
        return false;
    }
    b->memory = memory;
    b->size = size;
    return true;
}

uint8_t *buffer_reserve(struct buffer *b, size_t len)
{
    check_invariant(b);
    len = len > 0 ? len : 1;
    if (len > b->size - b->filled && !make_room(b, len)) {
        return NULL;
    }
    check_invariant(b);
    return b->memory + b->filled;
}

void buffer_commit(struct buffer *b, size_t len)
{
    check_invariant(b);
    check(len <= b->size - b->filled);
    b->filled += len;
    release_if_empty(b);
    check_invariant(b);
}

bool buffer_append(struct buffer *b, struct slice s)
{
    if (s.len == 0) {
        return true;
    }
    uint8_t *room = buffer_reserve(b, s.len);
    if (room == NULL) {
        return false;
    }
    memcpy(room, s.ptr, s.len);
    buffer_commit(b, s.len);
    return true;
}

void buffer_frame(struct buffer *b, size_t len)
{
    check_invariant(b);
    check(len <= b->filled - b->framed);
    b->framed += len;
}

void buffer_take(struct buffer *b, size_t len)
{
    check_invariant(b);
    check(len <= b->framed - b->sent);
    b->sent += len;
    release_if_empty(b);
    check_invariant(b);
}

struct slice buffer_framed(const struct buffer *b)
{
    check_invariant(b);
    return slice_of(b->memory == NULL ? NULL : b->memory + b->sent, b->framed - b->sent);
}

struct slice buffer_unframed(const struct buffer *b)
{
    check_invariant(b);
    return slice_of(b->memory == NULL ? NULL : b->memory + b->framed, b->filled - b->framed);
}

size_t buffer_len(const struct buffer *b)
{
    return b->filled - b->sent;
}
