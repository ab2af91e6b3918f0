/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM-SHA-256's keys (RFC 5802 section 3, RFC 7677) and the few functions of libcrypto the
 * mechanism needs. Passwords go in as they are: PostgreSQL prepares them with SASLprep and takes
 * the raw bytes where that fails. For ASCII both are the same; a password outside ASCII must be
 * given in its prepared form (NFKC, plain spaces) to match what the server stored. */
#ifndef PROTOCOL_PG_SCRAM_KEYS_H
#define PROTOCOL_PG_SCRAM_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

#define SCRAM_KEY_LEN  32
#define SCRAM_SALT_MAX 256 /* bytes; servers use 16 */

/* What all keys of one password are made from. Secret: cleanse after use. They depend on password,
 * salt and iterations only, so they may be kept to save the derivation. */
struct scram_keys {
    uint8_t client_key[SCRAM_KEY_LEN];
    uint8_t stored_key[SCRAM_KEY_LEN];
    uint8_t server_key[SCRAM_KEY_LEN];
};

/* Derives the keys: iterations (checked to be above 0) rounds of HMAC, about 1 ms for 4,096. */
void scram_keys_derive(struct slice password, struct slice salt, uint32_t iterations,
                       struct scram_keys *out);

/* HMAC-SHA-256. */
void scram_hmac(struct slice key, struct slice text, uint8_t out[SCRAM_KEY_LEN]);

/* SHA-256. */
void scram_hash(struct slice text, uint8_t out[SCRAM_KEY_LEN]);

/* out = a xor b: a proof from a key and a signature, and a key from a proof and a signature. */
void scram_xor(const uint8_t a[SCRAM_KEY_LEN], const uint8_t b[SCRAM_KEY_LEN],
               uint8_t out[SCRAM_KEY_LEN]);

/* Whether two keys are the same, in constant time. */
bool scram_equal(const uint8_t a[SCRAM_KEY_LEN], const uint8_t b[SCRAM_KEY_LEN]);

/* Overwrites a secret; the compiler cannot leave it out. */
void scram_cleanse(void *secret, size_t len);

#endif
