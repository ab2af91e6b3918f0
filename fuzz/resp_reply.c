/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a Redis server. The first byte chooses how the rest is cut into pieces; the answer
 * and the number of bytes taken must not depend on it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/redis/reply_scanner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Scans one reply shown in pieces of step bytes; pieces that were not consumed are shown again. */
static enum scan_status scan_in_steps(struct slice text, size_t step, size_t *out_len)
{
    struct reply_scanner s;
    memset(&s, 0, sizeof s);
    reply_scanner_reset(&s);
    size_t consumed = 0;
    size_t shown = 0;
    enum scan_status status = SCAN_MORE;
    while (status == SCAN_MORE && shown < text.len) {
        shown = text.len - shown < step ? text.len : shown + step;
        /* A piece of its own lets ASan see a read past it. */
        size_t len = shown - consumed;
        uint8_t *piece = malloc(len > 0 ? len : 1);
        check(piece != NULL);
        memcpy(piece, text.ptr + consumed, len);
        size_t taken = 0;
        status = reply_scan(&s, slice_of(piece, len), &taken);
        check(taken <= len);
        check((status == SCAN_DONE) == reply_scanner_done(&s));
        free(piece);
        consumed += taken;
    }
    *out_len = consumed;
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4096) {
        return 0;
    }
    struct slice text = slice_of(data + 1, size - 1);
    size_t whole_len = 0;
    size_t pieces_len = 0;
    enum scan_status whole = scan_in_steps(text, text.len > 0 ? text.len : 1, &whole_len);
    enum scan_status pieces = scan_in_steps(text, 1 + (size_t)data[0] % 64, &pieces_len);
    check(whole == pieces);
    check(whole == SCAN_BAD || whole_len == pieces_len);
    return 0;
}
