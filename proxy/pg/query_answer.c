/* SPDX-License-Identifier: Apache-2.0
 *
 * A malformed row is noticed before its first field is taken. A server's message may be long, and
 * may hold anything: 300 bytes of it are enough for a reader. */
#include "proxy/pg/query_answer.h"

#include <stdio.h>

#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/error_fields.h"

#define MESSAGE_MAX ((size_t)300)

bool query_answer_fields(struct slice body, struct slice *fields, size_t cap, size_t *out_num)
{
    uint16_t num_fields;
    struct slice left;
    struct pg_value value;
    if (pg_data_row_decode(body, &num_fields, &left) != PG_OK || num_fields > cap) {
        return false;
    }
    for (size_t i = 0; i < num_fields && pg_value_next(&left, &value); i++) {
        fields[i] = value.is_null ? slice_of(NULL, 0) : value.bytes;
        if (!value.is_null && value.bytes.len == 0) {
            fields[i] = slice_text("");
        }
    }
    *out_num = num_fields;
    return true;
}

void query_answer_error(struct slice body, const char *what, char *out, size_t cap)
{
    struct slice fields;
    struct slice message = slice_of(NULL, 0);
    if (pg_error_decode(body, &fields) == PG_OK) {
        message = pg_error_field_find(fields, PG_ERROR_MESSAGE);
    }
    size_t len = message.len < MESSAGE_MAX ? message.len : MESSAGE_MAX;
    (void)snprintf(out, cap, "%s%s%.*s", what, len > 0 ? ": " : "", (int)len,
                   len > 0 ? (const char *)message.ptr : "");
}
