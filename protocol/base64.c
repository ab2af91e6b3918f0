/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 in groups of four characters. Padding stands only in the last group, and the bits that it
 * leaves over must be zero: two texts never decode to the same bytes. */
#include "protocol/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define NOT_A_DIGIT 64u

void base64_write(struct writer *w, struct slice bytes)
{
    struct reader r = reader_over(bytes);
    while (reader_left(&r) > 0) {
        size_t len = reader_left(&r) < 3 ? reader_left(&r) : 3;
        struct slice group = reader_bytes(&r, len);
        uint32_t bits = (uint32_t)group.ptr[0] << 16;
        bits |= len > 1 ? (uint32_t)group.ptr[1] << 8 : 0;
        bits |= len > 2 ? group.ptr[2] : 0;
        writer_u8(w, (uint8_t)alphabet[bits >> 18]);
        writer_u8(w, (uint8_t)alphabet[bits >> 12 & 63]);
        writer_u8(w, len > 1 ? (uint8_t)alphabet[bits >> 6 & 63] : '=');
        writer_u8(w, len > 2 ? (uint8_t)alphabet[bits & 63] : '=');
    }
}

static uint32_t digit_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - (uint32_t)'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - (uint32_t)'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - (uint32_t)'0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : NOT_A_DIGIT;
}

/* Bytes that the last group holds: 3 less its padding. */
static size_t bytes_of_group(struct slice group)
{
    if (group.ptr[3] != '=') {
        return 3;
    }
    return group.ptr[2] != '=' ? 2 : 1;
}

/* Decodes the first len + 1 digits of the group to len bytes; false for other characters or bits
 * left over. */
static bool decode_group(struct slice group, size_t len, uint8_t out[3])
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t digit = i <= len ? digit_of(group.ptr[i]) : 0;
        if (digit == NOT_A_DIGIT) {
            return false;
        }
        bits = bits << 6 | digit;
    }
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return (len > 1 || out[1] == 0) && (len > 2 || out[2] == 0);
}

bool base64_decode(struct slice text, uint8_t *out, size_t cap, size_t *out_len)
{
    struct reader r = reader_over(text);
    size_t filled = 0;
    *out_len = 0;
    while (reader_left(&r) > 0) {
        struct slice group = reader_bytes(&r, 4);
        if (group.len != 4) {
            return false;
        }
        uint8_t bytes[3];
        size_t len = reader_left(&r) == 0 ? bytes_of_group(group) : 3;
        if (!decode_group(group, len, bytes) || len > cap - filled) {
            return false;
        }
        for (size_t i = 0; i < len; i++) {
            out[filled++] = bytes[i];
        }
    }
    *out_len = filled;
    return true;
}
