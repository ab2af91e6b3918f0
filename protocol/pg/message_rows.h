/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the proxy's own: the messages of a result. Each function appends to the writer. */
#ifndef PROTOCOL_PG_MESSAGE_ROWS_H
#define PROTOCOL_PG_MESSAGE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/pg/backend.h"
#include "protocol/writer.h"

/* Numbers of types (pg_type.dat), and how long their values are (typlen; -1: it varies). */
#define PG_TYPE_INT8 20U
#define PG_TYPE_TEXT 25U

/* RowDescription. Columns of no table have table_oid and attnum 0. */
void pg_write_row_description(struct writer *w, const struct pg_column *columns,
                              uint16_t num_columns);

/* DataRow: begin, a value for each column, end. */
size_t pg_begin_data_row(struct writer *w, uint16_t num_columns);
void pg_write_value(struct writer *w, struct slice value);
void pg_write_null(struct writer *w);
void pg_end_data_row(struct writer *w, size_t mark);

#endif
