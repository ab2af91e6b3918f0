/* SPDX-License-Identifier: Apache-2.0
 *
 * Channel binding of SCRAM (RFC 5802 6, RFC 5929 4): both sides put the hash of the server's
 * certificate into what they sign, so that nobody can sit between them with another one. */
#ifndef PROTOCOL_PG_SCRAM_BINDING_H
#define PROTOCOL_PG_SCRAM_BINDING_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/writer.h"

#define SCRAM_MECHANISM_PLUS "SCRAM-SHA-256-PLUS"
#define SCRAM_END_POINT_MAX  ((size_t)64) /* of SHA-512 */
/* The longest input: the header, then the hash. */
#define SCRAM_BINDING_MAX (SCRAM_END_POINT_MAX + 32)

enum scram_binding_flag {
    SCRAM_BINDING_NO = 'n',    /* the client has none */
    SCRAM_BINDING_MAYBE = 'y', /* the client has, and thinks the server has not */
    SCRAM_BINDING_YES = 'p',
};

struct scram_binding {
    enum scram_binding_flag flag;
    size_t end_point_len; /* 0: there is no certificate to bind to */
    uint8_t end_point[SCRAM_END_POINT_MAX];
};

/* A copy of the hash (tls-server-end-point); empty for none. */
struct scram_binding scram_binding_of(struct slice end_point);

/* The GS2 header: what stands before the client's first message. */
void scram_binding_write_header(const struct scram_binding *binding, struct writer *w);

/* What the Base64 of the attribute `c` is of. */
void scram_binding_write_input(const struct scram_binding *binding, struct writer *w);

#endif
