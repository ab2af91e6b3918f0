/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole messages that ask a server for something. Each function appends one to the writer; Query
 * and Parse also come as begin and end, for a text that is written in pieces between them. Bind
 * stands in bind.h. */
#ifndef PROTOCOL_PG_MESSAGE_REQUEST_H
#define PROTOCOL_PG_MESSAGE_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/pg/frontend.h"
#include "protocol/writer.h"

/* Query. */
void pg_write_query(struct writer *w, struct slice text);

/* Query whose text the caller writes, without a NUL, between the two. */
size_t pg_begin_query(struct writer *w);
void pg_end_query(struct writer *w, size_t mark);

/* The parameter types a Parse declares. */
struct pg_parse_types {
    struct slice given; /* as the client declared them, 4 bytes each; may be fewer than there are */
    uint16_t num_params; /* parameters of the client's statement; at least those given */
    uint32_t added_type; /* type of one more parameter behind them; 0: none is added */
};

/* Parse. Types not given stay undeclared (0). Fails with more types given than parameters, and
 * with more than 65,535 parameters. */
void pg_write_parse(struct writer *w, struct slice name, struct slice text,
                    const struct pg_parse_types *types);

/* Parse whose text the caller writes, without a NUL, between the two. */
size_t pg_begin_parse(struct writer *w, struct slice name);
void pg_end_parse(struct writer *w, size_t mark, const struct pg_parse_types *types);

/* Describe ('D') and Close ('C') of a statement or portal. */
void pg_write_describe(struct writer *w, enum pg_target target, struct slice name);
void pg_write_close(struct writer *w, enum pg_target target, struct slice name);

/* Execute of at most max_rows rows; 0: all. */
void pg_write_execute(struct writer *w, struct slice portal, uint32_t max_rows);

/* Requests without a body. */
enum pg_bare_request {
    PG_FLUSH = 'H',
    PG_SYNC = 'S',
    PG_TERMINATE = 'X',
    PG_COPY_DONE = 'c',
};
void pg_write_bare_request(struct writer *w, enum pg_bare_request request);

/* CopyFail with the reason. */
void pg_write_copy_fail(struct writer *w, struct slice reason);

#endif
