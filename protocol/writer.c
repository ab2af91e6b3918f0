/* SPDX-License-Identifier: Apache-2.0
 *
 * Bounds-checked writing. Invariant: len <= cap, and nothing is written past cap; after the first
 * failure nothing is written at all. */
#include "protocol/writer.h"

#include <string.h>

#include "protocol/check.h"

struct writer writer_over(void *memory, size_t cap)
{
    return (struct writer){.memory = memory, .cap = cap};
}

struct writer writer_measuring(void)
{
    return (struct writer){.cap = SIZE_MAX, .measures = true};
}

size_t writer_len(const struct writer *w)
{
    return w->len;
}

void writer_fail(struct writer *w)
{
    w->failed = true;
}

void writer_bytes(struct writer *w, struct slice s)
{
    if (w->failed || s.len > w->cap - w->len) {
        w->failed = true;
        return;
    }
    if (s.len > 0 && !w->measures) {
        memcpy(w->memory + w->len, s.ptr, s.len);
    }
    w->len += s.len;
}

void writer_u8(struct writer *w, uint8_t value)
{
    writer_bytes(w, slice_of(&value, 1));
}

void writer_u16(struct writer *w, uint16_t value)
{
    const uint8_t b[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    writer_bytes(w, slice_of(b, sizeof b));
}

static void encode_u32(uint8_t b[4], uint32_t value)
{
    b[0] = (uint8_t)(value >> 24);
    b[1] = (uint8_t)(value >> 16);
    b[2] = (uint8_t)(value >> 8);
    b[3] = (uint8_t)value;
}

void writer_u32(struct writer *w, uint32_t value)
{
    uint8_t b[4];
    encode_u32(b, value);
    writer_bytes(w, slice_of(b, sizeof b));
}

void writer_cstring(struct writer *w, struct slice s)
{
    if (s.len > 0 && memchr(s.ptr, 0, s.len) != NULL) {
        w->failed = true;
        return;
    }
    writer_bytes(w, s);
    writer_u8(w, 0);
}

size_t writer_open_frame(struct writer *w)
{
    size_t mark = w->len;
    writer_u32(w, 0);
    return mark;
}

void writer_close_frame(struct writer *w, size_t mark)
{
    if (w->failed) {
        return;
    }
    check(mark <= w->len && w->len - mark >= 4);
    if (w->len - mark > INT32_MAX) {
        w->failed = true;
        return;
    }
    if (!w->measures) {
        encode_u32(w->memory + mark, (uint32_t)(w->len - mark));
    }
}

bool writer_done(const struct writer *w, struct slice *out)
{
    *out = w->failed || w->measures ? slice_of(NULL, 0) : slice_of(w->memory, w->len);
    return !w->failed;
}
