/* SPDX-License-Identifier: Apache-2.0
 *
 * A queue of bytes with three cursors and one invariant: sent <= framed <= filled <= cap.
 *
 *      0        sent         framed        filled           cap
 *      |  gone   |   framed    |  unframed   |  free          |
 *
 * Bytes are appended as unframed, become framed when they are known to be whole messages, and
 * leave from the front of the framed ones. Input: what the socket gave is unframed, what the
 * framer accepted is framed, what was handled is taken. Output: a message is built unframed and
 * framed when complete, so that a half-built one is never sent. A buffer that becomes empty
 * releases its memory: an idle session owns none. */
#ifndef PROTOCOL_BUFFER_H
#define PROTOCOL_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct buffer {
    /* private */
    uint8_t *memory; /* owns; NULL while empty and nothing is reserved */
    size_t size;     /* bytes at memory, at most cap */
    size_t sent;
    size_t framed;
    size_t filled;
    size_t cap; /* most bytes it may hold, fixed at init */
};

/* An empty buffer that will never hold more than cap bytes. Allocates nothing. */
void buffer_init(struct buffer *b, size_t cap);

/* Releases the memory and drops what is in it. Accepts a zeroed buffer; may be used again. */
void buffer_fini(struct buffer *b);

/* Room for len more bytes (0 counts as 1), to be written there and then committed. NULL when they
 * would go over the cap or memory is short; nothing is lost then. Views of the buffer die here. */
MUST_USE uint8_t *buffer_reserve(struct buffer *b, size_t len);

/* Makes the first len reserved bytes part of the buffer, unframed. With 0, gives back what was
 * reserved if the buffer is empty. */
void buffer_commit(struct buffer *b, size_t len);

/* Copies s behind what is there, unframed. False over the cap or short of memory: nothing is
 * appended then. Views of the buffer die here. */
MUST_USE bool buffer_append(struct buffer *b, struct slice s);

/* Declares the first len unframed bytes (checked) whole. */
void buffer_frame(struct buffer *b, size_t len);

/* Removes the first len framed bytes (checked). Views of the buffer die when it becomes empty. */
void buffer_take(struct buffer *b, size_t len);

/* The framed bytes, in order. Borrows until the next reserve, append or take. */
struct slice buffer_framed(const struct buffer *b);

/* The unframed bytes, in order. Borrows until the next reserve, append or take. */
struct slice buffer_unframed(const struct buffer *b);

/* How many bytes it holds, framed or not. */
size_t buffer_len(const struct buffer *b);

#endif
