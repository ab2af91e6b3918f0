/* SPDX-License-Identifier: Apache-2.0
 *
 * RowDescription and DataRow, as PG docs, Message Formats lay them out. */
#include "protocol/pg/message_rows.h"

#define INT8_LEN    8
#define VARYING_LEN UINT16_MAX /* -1 */
#define NO_MODIFIER UINT32_MAX /* -1 */
#define NULL_LEN    UINT32_MAX /* -1 */

void pg_write_row_description(struct writer *w, const struct pg_column *columns,
                              uint16_t num_columns)
{
    writer_u8(w, 'T');
    size_t mark = writer_open_frame(w);
    writer_u16(w, num_columns);
    for (uint16_t i = 0; i < num_columns; i++) {
        const struct pg_column *c = &columns[i];
        writer_cstring(w, c->name);
        writer_u32(w, c->table_oid);
        writer_u16(w, (uint16_t)c->attnum);
        writer_u32(w, c->type_oid);
        writer_u16(w, c->type_oid == PG_TYPE_INT8 ? INT8_LEN : VARYING_LEN);
        writer_u32(w, NO_MODIFIER);
        writer_u16(w, c->format);
    }
    writer_close_frame(w, mark);
}

size_t pg_begin_data_row(struct writer *w, uint16_t num_columns)
{
    writer_u8(w, 'D');
    size_t mark = writer_open_frame(w);
    writer_u16(w, num_columns);
    return mark;
}

void pg_write_value(struct writer *w, struct slice value)
{
    if (value.len > INT32_MAX) {
        writer_fail(w);
        return;
    }
    writer_u32(w, (uint32_t)value.len);
    writer_bytes(w, value);
}

void pg_write_null(struct writer *w)
{
    writer_u32(w, NULL_LEN);
}

void pg_end_data_row(struct writer *w, size_t mark)
{
    writer_close_frame(w, mark);
}
