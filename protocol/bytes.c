/* SPDX-License-Identifier: Apache-2.0
 *
 * Bounds-checked reading. All pointer arithmetic on input stands in this file. Invariant: `left`
 * lies inside the slice the reader was made over; once bad, `left` is empty and stays so. Every
 * check compares what is asked for with what is left; nothing is added to a position first. */
#include "protocol/bytes.h"

#include <string.h>

#include "protocol/check.h"

struct slice slice_of(const void *memory, size_t len)
{
    return (struct slice){.ptr = memory, .len = len};
}

struct slice slice_text(const char *text)
{
    return slice_of(text, strlen(text));
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct slice slice_from(struct slice s, size_t start)
{
    check(start <= s.len);
    return start == 0 ? s : slice_of(s.ptr + start, s.len - start);
}

struct slice slice_between(struct slice s, size_t start, size_t end)
{
    check(start <= end && end <= s.len);
    return slice_of(slice_from(s, start).ptr, end - start);
}

size_t slice_position(struct slice whole, struct slice part)
{
    uintptr_t begin = (uintptr_t)whole.ptr;
    uintptr_t position = (uintptr_t)part.ptr - begin;
    check((uintptr_t)part.ptr >= begin && position <= whole.len &&
          part.len <= whole.len - position);
    return position;
}

struct reader reader_over(struct slice s)
{
    return (struct reader){.left = s};
}

static void go_bad(struct reader *r)
{
    r->bad = true;
    r->left = slice_of(NULL, 0);
}

struct slice reader_bytes(struct reader *r, size_t len)
{
    if (len > r->left.len) {
        go_bad(r);
        return slice_of(NULL, 0);
    }
    struct slice taken = slice_of(r->left.ptr, len);
    r->left = slice_from(r->left, len);
    return taken;
}

uint8_t reader_u8(struct reader *r)
{
    struct slice b = reader_bytes(r, 1);
    return b.len == 1 ? b.ptr[0] : 0;
}

uint16_t reader_u16(struct reader *r)
{
    struct slice b = reader_bytes(r, 2);
    return b.len == 2 ? (uint16_t)((unsigned)b.ptr[0] << 8 | b.ptr[1]) : 0;
}

uint32_t reader_u32(struct reader *r)
{
    struct slice b = reader_bytes(r, 4);
    if (b.len != 4) {
        return 0;
    }
    return (uint32_t)b.ptr[0] << 24 | (uint32_t)b.ptr[1] << 16 | (uint32_t)b.ptr[2] << 8 | b.ptr[3];
}

int32_t reader_i32(struct reader *r)
{
    return (int32_t)reader_u32(r);
}

struct slice reader_cstring(struct reader *r)
{
    const uint8_t *nul = r->left.len > 0 ? memchr(r->left.ptr, 0, r->left.len) : NULL;
    if (nul == NULL) {
        go_bad(r);
        return slice_of(NULL, 0);
    }
    struct slice text = reader_bytes(r, (size_t)(nul - r->left.ptr));
    (void)reader_u8(r);
    return text;
}

struct slice reader_rest(struct reader *r)
{
    return reader_bytes(r, r->left.len);
}

size_t reader_left(const struct reader *r)
{
    return r->left.len;
}

bool reader_ok(const struct reader *r)
{
    return !r->bad;
}

bool reader_done(const struct reader *r)
{
    return !r->bad && r->left.len == 0;
}
