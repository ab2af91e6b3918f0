/* SPDX-License-Identifier: Apache-2.0
 *
 * Views of bytes and the only way to read them. A reader goes bad once and stays bad: every later
 * read answers zero or an empty slice, so a decoder reads like the protocol's own description and
 * asks once, at the end, whether it all held. Slices borrow: they die with the buffer below them.
 */
#ifndef PROTOCOL_BYTES_H
#define PROTOCOL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view of len bytes. {NULL, 0} is a valid empty one. */
struct slice {
    const uint8_t *ptr; /* borrows */
    size_t len;
};

/* A view of len bytes at memory. */
struct slice slice_of(const void *memory, size_t len);

/* A view of a NUL-terminated text, without the NUL. */
struct slice slice_text(const char *text);

/* Whether both hold the same bytes. Not constant time: never for secrets. */
bool slice_equal(struct slice a, struct slice b);

/* The bytes from position start (at most s.len, checked) on. */
struct slice slice_from(struct slice s, size_t start);

/* The bytes of s from start up to end (start <= end <= s.len, checked). */
struct slice slice_between(struct slice s, size_t start, size_t end);

/* Where part begins in whole, of which it is a view (checked). */
size_t slice_position(struct slice whole, struct slice part);

struct reader {
    /* private */
    struct slice left;
    bool bad;
};

/* A reader over all of s. */
struct reader reader_over(struct slice s);

/* The next unsigned integer of 8, 16 or 32 bits, network byte order. */
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);

/* The next 32-bit two's complement integer, network byte order: lengths may be negative there. */
int32_t reader_i32(struct reader *r);

/* The next len bytes. Borrows. */
struct slice reader_bytes(struct reader *r, size_t len);

/* The bytes before the next NUL, which is consumed too. Bad if there is no NUL. Borrows. */
struct slice reader_cstring(struct reader *r);

/* Everything that is left, which may be nothing. Borrows. */
struct slice reader_rest(struct reader *r);

/* How many bytes are left; 0 once bad. */
size_t reader_left(const struct reader *r);

/* Nothing went wrong so far. */
bool reader_ok(const struct reader *r);

/* Nothing went wrong and nothing is left over: the message had exactly the form that was read. */
bool reader_done(const struct reader *r);

#endif
