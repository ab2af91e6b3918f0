/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of a COPY FROM STDIN on their way to the server, in text or csv format, in pieces as
 * they come. Each row gets the tenant as its last column, or must have it where its own column
 * stands. Where rows and fields end is decided as the server does (PG source, CopyReadLineText and
 * CopyReadAttributes of copyfromparse.c); what it would read in two ways is refused: bare carriage
 * returns, a csv row of `\.`. */
#ifndef PROTOCOL_PG_COPY_IN_H
#define PROTOCOL_PG_COPY_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/writer.h"

/* A tenant's id, in quotes. */
#define COPY_IN_VALUE_MAX ((size_t)80)

#define COPY_IN_APPENDED (-1)

/* What the statement's options say. Delimiter, quote and escape are single bytes, different from
 * each other but for quote and escape, and no line ends. */
struct copy_in_format {
    bool is_csv;
    bool has_header; /* the first row names columns */
    uint8_t delimiter;
    uint8_t quote;  /* of csv */
    uint8_t escape; /* of csv; inside quotes */
    int column;     /* of the tenant, from 0, where the client's rows have it; COPY_IN_APPENDED */
};

enum copy_in_status {
    COPY_IN_OK,
    COPY_IN_FOREIGN,   /* a row is not the tenant's */
    COPY_IN_MALFORMED, /* rows that could be read in two ways */
};

/* A copy of one is a snapshot: measuring works on it. Initialised by copy_in_init. */
struct copy_in {
    /* private */
    struct copy_in_format format;
    struct slice tenant; /* borrows */
    struct slice name;   /* of the tenant's column; borrows */
    bool in_header;
    bool in_quote;
    bool is_escaped; /* the next byte stands for itself */
    bool after_cr;   /* it was held back */
    bool is_over;    /* the end marker came: the server passes over the rest */
    uint8_t head[2]; /* the row's first bytes */
    size_t row_len;  /* its bytes so far */
    int field;       /* that its next byte belongs to */
    size_t value_len;
    uint8_t value[COPY_IN_VALUE_MAX]; /* of the tenant's field, as it stands there */
};

/* tenant: characters of [a-z0-9_.-], at most COPY_IN_VALUE_MAX - 2 (checked). Both slices are
 * borrowed while it is used. */
void copy_in_init(struct copy_in *c, const struct copy_in_format *format, struct slice tenant,
                  struct slice name);

/* Takes the next bytes and writes what the server gets for them. After anything but COPY_IN_OK
 * nothing more may be fed; what was written until then may be sent or not. */
MUST_USE enum copy_in_status copy_in_feed(struct copy_in *c, struct slice bytes, struct writer *w);

/* The client says that was all: the last row may have no line end. */
MUST_USE enum copy_in_status copy_in_finish(struct copy_in *c, struct writer *w);

#endif
