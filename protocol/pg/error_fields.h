/* SPDX-License-Identifier: Apache-2.0
 *
 * ErrorResponse and NoticeResponse: a list of fields, each a code byte and a text (PG docs, Error
 * and Notice Message Fields). No field can be counted on: each may be absent, empty or there
 * twice (CVE-2026-6666 was an ErrorResponse without SQLSTATE). */
#ifndef PROTOCOL_PG_ERROR_FIELDS_H
#define PROTOCOL_PG_ERROR_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/status.h"
#include "protocol/writer.h"

enum pg_error_code {
    PG_ERROR_SEVERITY = 'S',         /* may be translated */
    PG_ERROR_SEVERITY_ENGLISH = 'V', /* never translated */
    PG_ERROR_SQLSTATE = 'C',
    PG_ERROR_MESSAGE = 'M',
    PG_ERROR_DETAIL = 'D',
    PG_ERROR_HINT = 'H',
    PG_ERROR_POSITION = 'P', /* characters from 1 in the statement's text */
    PG_ERROR_INTERNAL_POSITION = 'p',
    PG_ERROR_INTERNAL_QUERY = 'q',
    PG_ERROR_WHERE = 'W',
    PG_ERROR_ROUTINE = 'R', /* of the server's source */
};

struct pg_error_field {
    uint8_t code;
    struct slice text;
};

/* Whether body is a whole list of fields; out_fields is then for the functions below. */
MUST_USE enum pg_status pg_error_decode(struct slice body, struct slice *out_fields);

/* Takes the next field off *fields; false at the end. */
bool pg_error_field_next(struct slice *fields, struct pg_error_field *out);

/* The first field with that code; empty where there is none. */
struct slice pg_error_field_find(struct slice fields, uint8_t code);

/* The position field as a number, 0 where there is none that is a number from 1 to INT32_MAX. */
int32_t pg_error_position(struct slice fields);

/* What pg_error_rewrite leaves out and replaces. */
struct pg_error_changes {
    struct slice dropped; /* codes of the fields that are left out */
    int32_t position;     /* stands for the position field; 0 leaves it out */
};

/* Writes the fields as a whole message of that type ('E' or 'N'), with the changes. */
void pg_error_rewrite(struct writer *w, uint8_t type, struct slice fields,
                      const struct pg_error_changes *changes);

#endif
