/* SPDX-License-Identifier: Apache-2.0
 *
 * 'B' Bind: the one client message with values inside. Decoded once, read without allocation, and
 * written again with one text parameter more, which is how the tenant's value gets to the server.
 * Layout: portal, statement, format codes (0, 1 or one per value), values, result format codes. */
#ifndef PROTOCOL_PG_BIND_H
#define PROTOCOL_PG_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/status.h"
#include "protocol/writer.h"

struct pg_bind {
    struct slice portal;
    struct slice statement;
    uint16_t num_formats; /* 0: all text; 1: one for all; else num_values */
    struct slice formats; /* 2 bytes each */
    uint16_t num_values;
    struct slice values;  /* for pg_value_next: counted values, well formed */
    struct slice results; /* result format codes with their count, as they came */
};

/* Decodes a Bind. Malformed also: format codes neither 0, 1 nor one per value. */
MUST_USE enum pg_status pg_bind_decode(struct slice body, struct pg_bind *out);

/* Format code of value index (below num_values, checked): 0 text, 1 binary, others as sent. */
uint16_t pg_bind_format(const struct pg_bind *bind, size_t index);

struct pg_value {
    bool is_null;
    struct slice bytes; /* borrows */
};

/* Takes the next counted value off *values (Bind, FunctionCall, DataRow); false at the end and for
 * a negative length other than -1 or one beyond what is left. */
bool pg_value_next(struct slice *values, struct pg_value *out);

/* Whether values holds exactly count counted values. */
bool pg_values_are_whole(struct slice values, size_t count);

/* Writes the whole message for another statement name, and with `added` behind its values as text
 * where added is not NULL. Format codes: none stays none, one that is text stays, one that is
 * binary becomes one for each, one for each gets one more. Fails beyond 65,535 values. */
void pg_bind_write(struct writer *w, const struct pg_bind *bind, struct slice statement,
                   const struct slice *added);

#endif
