/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream of PostgreSQL messages. The first byte says whose they are and where the stream is cut:
 * a message is found at the same place however its bytes arrive, what is accepted says its own
 * length, and what the framer accepted before is never taken back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/frame.h"

#define LARGEST ((size_t)70000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An allocation of its own lets ASan see a read past len bytes. */
static enum scan_status next_of_first(struct slice in, size_t len, enum pg_sender sender,
                                      size_t *out_len)
{
    uint8_t *piece = mem_new(len);
    if (len > 0) {
        memcpy(piece, in.ptr, len);
    }
    struct pg_frame frame;
    struct pg_header header = {.type = 0};
    enum scan_status peeked = pg_frame_peek(slice_of(piece, len), sender, LARGEST, &header);
    enum scan_status status = pg_frame_next(slice_of(piece, len), sender, LARGEST, &frame);
    *out_len = 0;
    if (status == SCAN_DONE) {
        check(peeked == SCAN_DONE && header.total_len == frame.whole.len);
        check(frame.whole.ptr == piece && frame.whole.len <= len && frame.type == piece[0]);
        check(frame.body.ptr == piece + 5 && frame.body.len + 5 == frame.whole.len);
        *out_len = frame.whole.len;
    }
    check(status != SCAN_MORE || len < PG_HEADER_LEN + LARGEST);
    check(status != SCAN_BAD || peeked == SCAN_BAD || header.may_stream);
    free(piece);
    return status;
}

/* The length a message of this type announces, read without the reader. */
static uint64_t announced_len(const uint8_t *b)
{
    return ((uint64_t)b[1] << 24 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 8 | b[4]) + 1;
}

static void walk(struct slice in, enum pg_sender sender, size_t cut)
{
    while (in.len > 0) {
        size_t whole_len = 0;
        size_t part_len = 0;
        enum scan_status whole = next_of_first(in, in.len, sender, &whole_len);
        size_t shown = cut % (in.len + 1);
        enum scan_status part = next_of_first(in, shown, sender, &part_len);
        check(part == SCAN_MORE || part == whole); /* more bytes never change an answer */
        check(part != SCAN_DONE || part_len == whole_len);
        if (whole != SCAN_DONE) {
            return;
        }
        check(whole_len == announced_len(in.ptr));
        check(part == (shown < whole_len ? SCAN_MORE : SCAN_DONE));
        in = slice_from(in, whole_len);
    }
}

static void try_startup(struct slice in)
{
    struct slice body;
    if (pg_frame_startup(in, &body) == SCAN_DONE) {
        check(body.ptr == in.ptr + 4 && body.len >= 4 && body.len <= in.len - 4);
        check(body.len + 4 <= PG_STARTUP_LARGEST);
        for (size_t len = 0; len < body.len + 4; len += 1 + len / 8) {
            check(pg_frame_startup(slice_of(in.ptr, len), &body) == SCAN_MORE);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice in = slice_of(data + 1, size - 1);
    walk(in, data[0] & 1 ? PG_SERVER : PG_CLIENT, data[0] >> 1);
    try_startup(in);
    return 0;
}
