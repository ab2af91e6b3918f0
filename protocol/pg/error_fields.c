/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of errors and notices, and the rewriter that maps an error back to the client's text.
 * Unknown codes are kept: the documentation asks frontends to ignore them, and so do we. A list
 * with the position field twice gets the new one at the first place and none at the second. */
#include "protocol/pg/error_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 10 /* of INT32_MAX */

bool pg_error_field_next(struct slice *fields, struct pg_error_field *out)
{
    struct reader r = reader_over(*fields);
    out->code = reader_u8(&r);
    out->text = reader_cstring(&r);
    if (!reader_ok(&r) || out->code == 0) {
        return false;
    }
    *fields = reader_rest(&r);
    return true;
}

enum pg_status pg_error_decode(struct slice body, struct slice *out_fields)
{
    struct slice left = body;
    struct pg_error_field field;
    while (pg_error_field_next(&left, &field)) {
    }
    if (left.len != 1 || left.ptr[0] != 0) { /* exactly the terminator */
        return PG_MALFORMED;
    }
    *out_fields = slice_of(body.ptr, body.len - 1);
    return PG_OK;
}

struct slice pg_error_field_find(struct slice fields, uint8_t code)
{
    struct pg_error_field field;
    while (pg_error_field_next(&fields, &field)) {
        if (field.code == code) {
            return field.text;
        }
    }
    return slice_of(NULL, 0);
}

int32_t pg_error_position(struct slice fields)
{
    struct slice text = pg_error_field_find(fields, PG_ERROR_POSITION);
    if (text.len > DIGITS_MAX) {
        return 0;
    }
    int64_t position = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return 0;
        }
        position = position * 10 + (text.ptr[i] - '0');
    }
    return position <= INT32_MAX ? (int32_t)position : 0;
}

static bool is_dropped(const struct pg_error_changes *changes, uint8_t code)
{
    return changes->dropped.len > 0 &&
           memchr(changes->dropped.ptr, code, changes->dropped.len) != NULL;
}

static void write_position(struct writer *w, int32_t position)
{
    char digits[DIGITS_MAX + 2];
    snprintf(digits, sizeof digits, "%" PRId32, position);
    writer_u8(w, PG_ERROR_POSITION);
    writer_cstring(w, slice_text(digits));
}

void pg_error_rewrite(struct writer *w, uint8_t type, struct slice fields,
                      const struct pg_error_changes *changes)
{
    writer_u8(w, type);
    size_t mark = writer_open_frame(w);
    int32_t position = changes->position;
    struct pg_error_field field;
    while (pg_error_field_next(&fields, &field)) {
        if (field.code == PG_ERROR_POSITION) {
            if (position > 0) {
                write_position(w, position);
            }
            position = 0;
        } else if (!is_dropped(changes, field.code)) {
            writer_u8(w, field.code);
            writer_cstring(w, field.text);
        }
    }
    writer_u8(w, 0);
    writer_close_frame(w, mark);
}
