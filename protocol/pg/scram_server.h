/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's side of SCRAM-SHA-256 (RFC 5802, 7677) without channel binding, as PostgreSQL has
 * it: the user's name in the messages is ignored, the one of the startup packet counts. Calls:
 * init, read_first, write_first, read_final, write_final, fini; each only after the one before it
 * answered SCRAM_OK (checked). The state holds secrets and is 4 KiB: for the time of the login. */
#ifndef PROTOCOL_PG_SCRAM_SERVER_H
#define PROTOCOL_PG_SCRAM_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/scram_binding.h"
#include "protocol/pg/scram_status.h"
#include "protocol/pg/scram_text.h"
#include "protocol/pg/scram_verifier.h"
#include "protocol/writer.h"

#define SCRAM_MECHANISM "SCRAM-SHA-256"

struct scram_server {
    /* private */
    int step;
    bool is_bound; /* the client chose the mechanism with channel binding */
    struct scram_binding binding;
    struct scram_verifier verifier;
    size_t nonce_len; /* both sides' nonces */
    uint8_t nonce[2 * SCRAM_NONCE_MAX];
    size_t auth_len; /* what both signatures are over */
    uint8_t auth[3 * SCRAM_MESSAGE_MAX];
};

/* Begins an exchange that checks against a copy of verifier. */
void scram_server_init(struct scram_server *s, const struct scram_verifier *verifier);

/* Channel binding was offered beside the plain mechanism, with the hash of our certificate;
 * is_chosen: the client took it. Before scram_server_read_first. */
void scram_server_bind(struct scram_server *s, struct slice end_point, bool is_chosen);

/* Cleanses it. Accepts a zeroed one. */
void scram_server_fini(struct scram_server *s);

/* Takes the client's first message; nonce is ours, fresh for each exchange: printable ASCII without
 * commas (checked), such as the Base64 of 18 random bytes. */
MUST_USE enum scram_status scram_server_read_first(struct scram_server *s, struct slice message,
                                                   struct slice nonce);

/* Appends our first message. */
void scram_server_write_first(const struct scram_server *s, struct writer *w);

/* Takes the client's final message: REFUSED when its proof does not hold. */
MUST_USE enum scram_status scram_server_read_final(struct scram_server *s, struct slice message);

/* Appends our final message, which proves that we hold the verifier. */
void scram_server_write_final(const struct scram_server *s, struct writer *w);

#endif
