/* SPDX-License-Identifier: Apache-2.0
 *
 * SipHash: a keyed hash for tables whose keys a peer chooses. With a secret key nobody can aim at
 * one bucket. Not a message authentication code here: the short variant is for tables. */
#ifndef PROTOCOL_SIPHASH_H
#define PROTOCOL_SIPHASH_H

#include <stdint.h>

#include "protocol/bytes.h"

struct siphash_key {
    uint64_t k0; /* the key's first 8 bytes, little endian */
    uint64_t k1; /* its last 8 */
};

/* SipHash-1-3 of s: what hash tables want (CPython, Rust and Linux use it so). */
uint64_t siphash_1_3(const struct siphash_key *key, struct slice s);

/* SipHash-2-4 of s: the paper's conservative choice, and the one with published vectors. */
uint64_t siphash_2_4(const struct siphash_key *key, struct slice s);

#endif
