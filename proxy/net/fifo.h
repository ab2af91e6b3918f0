/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes in at the end, out at the start, up to a limit. A fifo that is empty owns no memory: its
 * block goes back to the worker's spare ones, so that idle sessions hold none and busy ones do
 * not call malloc per message. */
#ifndef PROXY_NET_FIFO_H
#define PROXY_NET_FIFO_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

/* The smallest memory a fifo takes: most turns' output of most sessions fits. */
#define FIFO_BLOCK ((size_t)16 * 1024)

/* Spare blocks of one worker. A zeroed one is empty. */
struct fifo_spares {
    /* private */
    struct fifo_spare *first; /* owns */
    unsigned count;
};

struct fifo {
    /* private */
    uint8_t *memory; /* owns; NULL when empty */
    size_t cap;
    size_t start; /* start <= end <= cap */
    size_t end;
};

/* What is in it. Dies with the next call that is given f. */
struct slice fifo_bytes(const struct fifo *f);

/* Room for at least len more bytes behind what is there; *out_room is how many there are. NULL
 * when that would make more than limit bytes, or memory is short. */
uint8_t *fifo_reserve(struct fifo *f, struct fifo_spares *spares, size_t len, size_t limit,
                      size_t *out_room);

/* len bytes of the room were filled. */
void fifo_commit(struct fifo *f, size_t len);

/* Drops the first len bytes, and the memory with the last. */
void fifo_consume(struct fifo *f, struct fifo_spares *spares, size_t len);

/* Drops everything. */
void fifo_clear(struct fifo *f, struct fifo_spares *spares);

/* Frees the spare blocks. */
void fifo_spares_fini(struct fifo_spares *spares);

#endif
