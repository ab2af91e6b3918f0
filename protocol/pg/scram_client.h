/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's side of SCRAM-SHA-256 (RFC 5802, 7677) without channel binding: how a link proves
 * itself to a server, and the server to it. Calls: init, write_first, read_first, write_final,
 * read_final, fini; each only after the one before it (checked). The keys are derived by the caller
 * between read_first and write_final, where it can afford the time. */
#ifndef PROTOCOL_PG_SCRAM_CLIENT_H
#define PROTOCOL_PG_SCRAM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/scram_binding.h"
#include "protocol/pg/scram_keys.h"
#include "protocol/pg/scram_status.h"
#include "protocol/pg/scram_text.h"
#include "protocol/writer.h"

/* Most iterations a server may ask for: a hostile one must not stall us (CVE-2026-6669). */
#define SCRAM_ITERATIONS_MAX 100000

struct scram_client {
    /* private */
    int step;
    struct scram_binding binding;
    size_t own_nonce_len;
    size_t nonce_len; /* ours and the server's */
    uint8_t nonce[SCRAM_NONCE_MAX];
    size_t auth_len; /* what both signatures are over */
    uint8_t auth[3 * SCRAM_MESSAGE_MAX];
    uint8_t server_signature[SCRAM_KEY_LEN]; /* what the server must answer */
};

/* What the server wants the keys derived with. */
struct scram_challenge {
    uint32_t iterations; /* 1 to SCRAM_ITERATIONS_MAX */
    size_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
};

/* Begins an exchange. nonce: fresh, printable ASCII without commas, at most half SCRAM_NONCE_MAX
 * (checked). user: empty for PostgreSQL, which takes the startup packet's; no comma, no `=`. */
void scram_client_init(struct scram_client *c, struct slice user, struct slice nonce);

/* On an encrypted connection, with the hash of the server's certificate. is_offered: the server has
 * the mechanism with channel binding, and it is used. Before scram_client_write_first. */
void scram_client_bind(struct scram_client *c, struct slice end_point, bool is_offered);

/* Cleanses it. Accepts a zeroed one. */
void scram_client_fini(struct scram_client *c);

/* Appends our first message. */
void scram_client_write_first(struct scram_client *c, struct writer *w);

/* Takes the server's first message. */
MUST_USE enum scram_status scram_client_read_first(struct scram_client *c, struct slice message,
                                                   struct scram_challenge *out);

/* Appends our final message, with the proof that keys make. */
void scram_client_write_final(struct scram_client *c, const struct scram_keys *keys,
                              struct writer *w);

/* Takes the server's final message. Only after SCRAM_OK is the server who it says it is: an
 * AuthenticationOk that comes without it must end the link. */
MUST_USE enum scram_status scram_client_read_final(struct scram_client *c, struct slice message);

#endif
