/* SPDX-License-Identifier: Apache-2.0
 *
 * Four characters for three bytes. The decoder takes whole groups only and refuses bits that the
 * padding says are not there: two texts never mean the same bytes. Its time depends on the length
 * of the text and on nothing else but whether it is valid. */
#include "protocol/base64.h"

#include "protocol/check.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define GROUP      4
#define NOT_BASE64 0xFFu

/* Six bits, or NOT_BASE64. */
static uint8_t value_of(uint8_t character)
{
    if (character >= 'A' && character <= 'Z') {
        return (uint8_t)(character - 'A');
    }
    if (character >= 'a' && character <= 'z') {
        return (uint8_t)(character - 'a' + 26);
    }
    if (character >= '0' && character <= '9') {
        return (uint8_t)(character - '0' + 52);
    }
    if (character == '+') {
        return 62;
    }
    return character == '/' ? 63 : NOT_BASE64;
}

void base64_write(struct writer *w, struct slice bytes)
{
    check(w != NULL);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)bytes.ptr[i] << 16;
        group |= left > 1 ? (uint32_t)bytes.ptr[i + 1] << 8 : 0;
        group |= left > 2 ? bytes.ptr[i + 2] : 0;
        writer_u8(w, (uint8_t)alphabet[group >> 18]);
        writer_u8(w, (uint8_t)alphabet[group >> 12 & 63]);
        writer_u8(w, left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=');
        writer_u8(w, left > 2 ? (uint8_t)alphabet[group & 63] : '=');
    }
}

/* One group of four characters, of which the last num_padding are padding. */
static bool decode_group(const uint8_t *text, size_t num_padding, uint32_t *out)
{
    uint32_t group = 0;
    for (size_t i = 0; i < GROUP - num_padding; i++) {
        uint8_t value = value_of(text[i]);
        if (value == NOT_BASE64) {
            return false;
        }
        group |= (uint32_t)value << (18 - 6 * i);
    }
    uint32_t unused = num_padding == 0 ? 0 : (num_padding == 1 ? 0xFF : 0xFFFF);
    *out = group;
    return (group & unused) == 0;
}

static size_t count_padding(struct slice text)
{
    if (text.len == 0 || text.ptr[text.len - 1] != '=') {
        return 0;
    }
    return text.ptr[text.len - 2] == '=' ? 2 : 1;
}

bool base64_decode(struct slice text, uint8_t *out, size_t cap, size_t *out_len)
{
    check(out != NULL && out_len != NULL);
    *out_len = 0;
    if (text.len % GROUP != 0) {
        return false;
    }
    size_t num_padding = count_padding(text);
    size_t len = text.len / GROUP * 3 - num_padding;
    if (len > cap) {
        return false;
    }
    for (size_t i = 0; i < text.len; i += GROUP) {
        bool is_last = i + GROUP == text.len;
        uint32_t group = 0;
        if (!decode_group(text.ptr + i, is_last ? num_padding : 0, &group)) {
            return false;
        }
        size_t at = i / GROUP * 3;
        for (size_t byte = 0; byte < 3 && at + byte < len; byte++) {
            out[at + byte] = (uint8_t)(group >> (16 - 8 * byte));
        }
    }
    *out_len = len;
    return true;
}
