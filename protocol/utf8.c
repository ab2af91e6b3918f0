/* SPDX-License-Identifier: Apache-2.0
 *
 * The validity rules are those of pg_utf8_islegal in PostgreSQL's wchar.c, which are those of
 * Unicode's table 3-7 (well-formed byte sequences). Almost all text is ASCII, so eight bytes at a
 * time are tried first. Invariant: position never passes s.len; a lead byte is judged only after
 * as many bytes as it announces are known to be there. */
#include "protocol/utf8.h"

#include <stdint.h>
#include <string.h>

#include "protocol/check.h"

#define WORD      sizeof(uint64_t)
#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS (EACH_BYTE * 0x80)

static uint64_t load_word(struct slice s, size_t position)
{
    uint64_t word;
    memcpy(&word, s.ptr + position, WORD);
    return word;
}

/* All eight bytes are 0x01..0x7F. Only meant for words without high bits, where the borrow of one
 * byte cannot reach the next unless a lower one was zero: the answer "no" may be wrong about which
 * byte, never about whether. */
static bool is_plain_ascii(uint64_t word)
{
    return ((word | (word - EACH_BYTE)) & HIGH_BITS) == 0;
}

static size_t skip_plain_ascii(struct slice s, size_t position)
{
    while (s.len - position >= WORD && is_plain_ascii(load_word(s, position))) {
        position += WORD;
    }
    return position;
}

/* Length that the lead byte announces; 0 for one that cannot lead. */
static size_t announced_len(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2) { /* continuation bytes, and C0 and C1 that only begin overlong forms */
        return 0;
    }
    if (lead < 0xE0) {
        return 2;
    }
    if (lead < 0xF0) {
        return 3;
    }
    return lead < 0xF5 ? 4 : 0; /* F5 and up begin characters above U+10FFFF */
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The second byte's range is narrower behind four lead bytes. */
static bool is_second(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xE0: /* below U+0800: overlong */
        return second >= 0xA0 && second <= 0xBF;
    case 0xED: /* U+D800..U+DFFF: surrogates */
        return second >= 0x80 && second <= 0x9F;
    case 0xF0: /* below U+10000: overlong */
        return second >= 0x90 && second <= 0xBF;
    case 0xF4: /* above U+10FFFF */
        return second >= 0x80 && second <= 0x8F;
    default:
        return is_continuation(second);
    }
}

/* Length of the legal character at position (< s.len), 0 for none. */
static size_t legal_len(struct slice s, size_t position, enum utf8_nul nul)
{
    const uint8_t *c = s.ptr + position;
    size_t len = announced_len(c[0]);
    if (len == 1) {
        return c[0] != 0 || nul == UTF8_NUL_ALLOWED ? 1 : 0;
    }
    if (len == 0 || len > s.len - position || !is_second(c[0], c[1])) {
        return 0;
    }
    bool tail_is_good = (len < 3 || is_continuation(c[2])) && (len < 4 || is_continuation(c[3]));
    return tail_is_good ? len : 0;
}

size_t utf8_valid_prefix(struct slice s, enum utf8_nul nul)
{
    size_t position = 0;
    while (position < s.len) {
        position = skip_plain_ascii(s, position);
        if (position == s.len) {
            break;
        }
        size_t len = legal_len(s, position, nul);
        if (len == 0) {
            break;
        }
        position += len;
    }
    return position;
}

bool utf8_is_valid(struct slice s, enum utf8_nul nul)
{
    return utf8_valid_prefix(s, nul) == s.len;
}

size_t utf8_count(struct slice s, size_t offset)
{
    check(offset <= s.len);
    size_t count = 0;
    for (size_t i = 0; i < offset; i++) {
        count += !is_continuation(s.ptr[i]);
    }
    return count;
}
