/* SPDX-License-Identifier: Apache-2.0
 *
 * Where one PostgreSQL message ends and the next begins (PG docs, Message Formats): a type byte,
 * a 32-bit length that counts itself, the body. Only startup packets have no type byte. */
#ifndef PROTOCOL_PG_FRAME_H
#define PROTOCOL_PG_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/scan.h"

/* Type byte and length. */
#define PG_HEADER_LEN ((size_t)5)

/* The largest length field a server ever sends or takes: 1 GiB less 1, its MaxAllocSize. */
#define PG_FRAME_LARGEST ((size_t)0x3fffffff)

/* The largest startup packet, its length field included, as PostgreSQL has it. */
#define PG_STARTUP_LARGEST ((size_t)10000)

enum pg_sender {
    PG_CLIENT, /* frontend */
    PG_SERVER, /* backend */
};

struct pg_header {
    uint8_t type;
    bool may_stream; /* DataRow and CopyData: the body may be relayed in pieces, without a buffer */
    size_t total_len; /* of the whole message: type, length field and body */
};

struct pg_frame {
    uint8_t type;
    struct slice body;  /* borrows the input */
    struct slice whole; /* type, length field and body; borrows the input */
};

/* What the first bytes of `in` announce, as soon as PG_HEADER_LEN of them are there. largest is the
 * caller's cap on the length field (at most PG_FRAME_LARGEST, checked) of the messages that may be
 * large; small ones have their own caps, and those that may stream go up to PG_FRAME_LARGEST. BAD:
 * a type this sender does not have, or a length below 4 or above the cap. */
MUST_USE enum scan_status pg_frame_peek(struct slice in, enum pg_sender sender, size_t largest,
                                        struct pg_header *out);

/* The first whole message of `in`, which is then out->whole.len bytes further. As the caller must
 * hold the whole of it, messages that may stream are held to largest too. MORE consumes nothing,
 * and with a largest of 65,535 or more is never answered for more than largest bytes. */
MUST_USE enum scan_status pg_frame_next(struct slice in, enum pg_sender sender, size_t largest,
                                        struct pg_frame *out);

/* The startup packet at the start of `in`; out_body is what follows the length, and the packet is
 * out_body->len + 4 bytes long. BAD: a length below 8 or above PG_STARTUP_LARGEST. */
MUST_USE enum scan_status pg_frame_startup(struct slice in, struct slice *out_body);

#endif
