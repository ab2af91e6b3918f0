/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of the messages a server sends after login (PG docs, Message Formats). A server is not
 * trusted to send well-formed ones: whatever is not exactly the message's form is malformed, and
 * the link is closed. ErrorResponse and NoticeResponse: see error_fields.h. */
#ifndef PROTOCOL_PG_BACKEND_H
#define PROTOCOL_PG_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/status.h"

/* 'Z' ReadyForQuery. */
enum pg_ready {
    PG_READY_IDLE = 'I',
    PG_READY_IN_TRANSACTION = 'T',
    PG_READY_FAILED = 'E', /* in a failed transaction */
};
MUST_USE enum pg_status pg_ready_decode(struct slice body, enum pg_ready *out);

/* 'S' ParameterStatus. */
struct pg_parameter_status {
    struct slice name;
    struct slice value;
};
MUST_USE enum pg_status pg_parameter_status_decode(struct slice body,
                                                   struct pg_parameter_status *out);

/* 't' ParameterDescription: type numbers for pg_type_next (frontend.h). */
MUST_USE enum pg_status pg_parameter_description_decode(struct slice body, uint16_t *out_num_types,
                                                        struct slice *out_types);

/* 'T' RowDescription: count and columns; the columns were checked for form. */
struct pg_column {
    struct slice name;
    uint32_t table_oid;
    int16_t attnum;
    uint32_t type_oid;
    uint16_t format;
};
MUST_USE enum pg_status pg_row_description_decode(struct slice body, uint16_t *out_num_columns,
                                                  struct slice *out_columns);

/* Takes the next column off *columns; false at the end. */
bool pg_column_next(struct slice *columns, struct pg_column *out);

/* 'D' DataRow: fields for pg_value_next (bind.h). */
MUST_USE enum pg_status pg_data_row_decode(struct slice body, uint16_t *out_num_fields,
                                           struct slice *out_fields);

/* 'A' NotificationResponse. */
struct pg_notification {
    uint32_t process_id;
    struct slice channel;
    struct slice payload;
};
MUST_USE enum pg_status pg_notification_decode(struct slice body, struct pg_notification *out);

/* 'G', 'H' and 'W', the start of a COPY: overall format (0 text, 1 binary), columns. */
MUST_USE enum pg_status pg_copy_start_decode(struct slice body, uint8_t *out_format,
                                             uint16_t *out_num_columns);

/* 'C' CommandComplete: pg_text_decode; '1' '2' '3' 'I' 'n' 's' 'c': pg_empty_decode (frontend.h).
 */

#endif
