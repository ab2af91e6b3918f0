/* SPDX-License-Identifier: Apache-2.0
 *
 * What is stored of a password: enough to check a proof, not enough to make one. The text is
 * PostgreSQL's: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>. */
#ifndef PROTOCOL_PG_SCRAM_VERIFIER_H
#define PROTOCOL_PG_SCRAM_VERIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/scram_keys.h"

/* Most iterations of a verifier in a file: an operator's choice, so far above what a server may ask
 * of us, but checking a password against it must end. */
#define SCRAM_VERIFIER_ITERATIONS_MAX 1000000

/* What unknown users appear to have: PostgreSQL's defaults. */
#define SCRAM_MOCK_ITERATIONS 4096
#define SCRAM_MOCK_SALT_LEN   16

struct scram_verifier {
    uint32_t iterations;
    size_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    uint8_t stored_key[SCRAM_KEY_LEN];
    uint8_t server_key[SCRAM_KEY_LEN];
    bool is_mock; /* no proof is ever right */
};

/* Reads the text of a verifier; false when it is not exactly one. */
MUST_USE bool scram_verifier_parse(struct slice text, struct scram_verifier *out);

/* The verifier of a user there is none for. The same secret and user give the same salt, so that
 * an exchange looks the same as for a user who exists. */
void scram_verifier_mock(struct slice secret, struct slice user, struct scram_verifier *out);

/* Whether the password is the one the verifier was made from. Costs a derivation, for mocks too. */
bool scram_verifier_matches(const struct scram_verifier *v, struct slice password);

#endif
