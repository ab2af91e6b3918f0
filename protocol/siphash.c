/* SPDX-License-Identifier: Apache-2.0
 *
 * SipHash-c-d (Aumasson and Bernstein, 2012). Both exported variants share one body whose round
 * counts are constants after inlining. Reads s eight bytes at a time and its tail byte by byte;
 * byte order of the machine does not matter. */
#include "protocol/siphash.h"

#include <stddef.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void mix(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 = rotate_left(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word, unsigned rounds)
{
    s->v3 ^= word;
    for (unsigned i = 0; i < rounds; i++) {
        mix(s);
    }
    s->v0 ^= word;
}

/* Little-endian integer of the 8 bytes at position: written out, so that it becomes one load. */
static inline uint64_t load_word(struct slice s, size_t position)
{
    const uint8_t *b = s.ptr + position;
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

/* Little-endian integer of the count (at most 7) bytes at position. */
static inline uint64_t load_tail(struct slice s, size_t position, size_t count)
{
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)s.ptr[position + i] << (8 * i);
    }
    return word;
}

static inline uint64_t hash(const struct siphash_key *key, struct slice s, unsigned compress,
                            unsigned finalise)
{
    struct state state = {
        .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
    };
    size_t tail_len = s.len % 8;
    size_t whole_len = s.len - tail_len;
    for (size_t position = 0; position < whole_len; position += 8) {
        absorb(&state, load_word(s, position), compress);
    }
    absorb(&state, (uint64_t)s.len << 56 | load_tail(s, whole_len, tail_len), compress);
    state.v2 ^= 0xff;
    for (unsigned i = 0; i < finalise; i++) {
        mix(&state);
    }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

uint64_t siphash_1_3(const struct siphash_key *key, struct slice s)
{
    return hash(key, s, 1, 3);
}

uint64_t siphash_2_4(const struct siphash_key *key, struct slice s)
{
    return hash(key, s, 2, 4);
}
