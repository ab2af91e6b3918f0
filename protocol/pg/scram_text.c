/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes, nonces, numbers. Everything is bounded by the message it stands in; a missing
 * attribute is an answer, never a NULL (CVE-2026-19888 was one). */
#include "protocol/pg/scram_text.h"

#include <string.h>

#define DIGITS_MAX 10 /* of INT32_MAX */

/* Bytes up to the first comma, or all of them. */
static size_t len_to_comma(struct slice text)
{
    const uint8_t *comma = text.len > 0 ? memchr(text.ptr, ',', text.len) : NULL;
    return comma != NULL ? (size_t)(comma - text.ptr) : text.len;
}

bool scram_take(struct slice *left, uint8_t name, struct slice *out_value)
{
    struct reader r = reader_over(*left);
    if (reader_u8(&r) != name || reader_u8(&r) != '=' || !reader_ok(&r)) {
        return false;
    }
    struct slice rest = reader_rest(&r);
    struct slice value = slice_of(rest.ptr, len_to_comma(rest));
    bool is_last = value.len == rest.len;
    if (value.len > 0 && memchr(value.ptr, 0, value.len) != NULL) {
        return false;
    }
    if (!is_last && value.len + 1 == rest.len) { /* a comma, and nothing behind it */
        return false;
    }
    *left = slice_from(rest, is_last ? value.len : value.len + 1);
    *out_value = value;
    return true;
}

bool scram_is_nonce(struct slice text)
{
    if (text.len == 0 || text.len > SCRAM_NONCE_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x21 || text.ptr[i] > 0x7E || text.ptr[i] == ',') {
            return false;
        }
    }
    return true;
}

uint32_t scram_number(struct slice text)
{
    uint64_t number = 0;
    if (text.len == 0 || text.len > DIGITS_MAX || text.ptr[0] == '0') {
        return 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return 0;
        }
        number = number * 10 + (text.ptr[i] - (uint64_t)'0');
    }
    return number <= INT32_MAX ? (uint32_t)number : 0;
}
