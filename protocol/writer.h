/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds messages in memory the caller owns. Failure is sticky: a writer that ran out of room
 * swallows what follows, and the caller asks once, at the end. */
#ifndef PROTOCOL_WRITER_H
#define PROTOCOL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

struct writer {
    /* private */
    uint8_t *memory; /* borrows until the writer is no longer used */
    size_t len;
    size_t cap;
    bool measures; /* counts only */
    bool failed;
};

/* A writer into cap bytes at memory. */
struct writer writer_over(void *memory, size_t cap);

/* A writer that only counts: what is written to it tells, by writer_len, how much room the same
 * calls need. */
struct writer writer_measuring(void);

/* How many bytes were written. */
size_t writer_len(const struct writer *w);

/* Makes it fail: what was to be written cannot be. */
void writer_fail(struct writer *w);

/* Appends an unsigned integer of 8, 16 or 32 bits, network byte order. */
void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);

/* Appends the bytes of s. */
void writer_bytes(struct writer *w, struct slice s);

/* Appends the bytes of s and a NUL. A NUL inside s is a failure: it would end the text early. */
void writer_cstring(struct writer *w, struct slice s);

/* Leaves room for a 32-bit length that counts itself (PG docs, Message Formats) and answers its
 * position, to be given to writer_close_frame. */
size_t writer_open_frame(struct writer *w);

/* Fills in the length of the frame opened at mark: everything since, the length itself included.
 * Fails if that is more than INT32_MAX. */
void writer_close_frame(struct writer *w, size_t mark);

/* Whether everything fitted; *out is then what was written. Borrows the writer's memory. A
 * measuring writer has nothing to show: *out is empty. */
bool writer_done(const struct writer *w, struct slice *out);

#endif
