/* SPDX-License-Identifier: Apache-2.0
 *
 * One decoder per server message. Nothing is allocated, so a count can promise what it likes
 * (RUSTSEC-2026-0178 allocated first); inner lengths are compared with what is left. */
#include "protocol/pg/backend.h"

#include "protocol/pg/bind.h"

#define TYPE_LEN   ((size_t)4)
#define FORMAT_LEN ((size_t)2)

static enum pg_status status_of(const struct reader *r)
{
    return reader_done(r) ? PG_OK : PG_MALFORMED;
}

enum pg_status pg_ready_decode(struct slice body, enum pg_ready *out)
{
    struct reader r = reader_over(body);
    uint8_t status = reader_u8(&r);
    switch (status) {
    case PG_READY_IDLE:
    case PG_READY_IN_TRANSACTION:
    case PG_READY_FAILED:
        *out = (enum pg_ready)status;
        return status_of(&r);
    default:
        return PG_MALFORMED;
    }
}

enum pg_status pg_parameter_status_decode(struct slice body, struct pg_parameter_status *out)
{
    struct reader r = reader_over(body);
    out->name = reader_cstring(&r);
    out->value = reader_cstring(&r);
    return out->name.len > 0 ? status_of(&r) : PG_MALFORMED;
}

enum pg_status pg_parameter_description_decode(struct slice body, uint16_t *out_num_types,
                                               struct slice *out_types)
{
    struct reader r = reader_over(body);
    *out_num_types = reader_u16(&r);
    *out_types = reader_bytes(&r, *out_num_types * TYPE_LEN);
    return status_of(&r);
}

bool pg_column_next(struct slice *columns, struct pg_column *out)
{
    struct reader r = reader_over(*columns);
    out->name = reader_cstring(&r);
    out->table_oid = reader_u32(&r);
    out->attnum = (int16_t)reader_u16(&r);
    out->type_oid = reader_u32(&r);
    (void)reader_u16(&r); /* type length */
    (void)reader_u32(&r); /* type modifier */
    out->format = reader_u16(&r);
    if (!reader_ok(&r)) {
        return false;
    }
    *columns = reader_rest(&r);
    return true;
}

enum pg_status pg_row_description_decode(struct slice body, uint16_t *out_num_columns,
                                         struct slice *out_columns)
{
    struct reader r = reader_over(body);
    *out_num_columns = reader_u16(&r);
    bool is_good = reader_ok(&r);
    *out_columns = reader_rest(&r);
    struct slice left = *out_columns;
    struct pg_column column;
    for (size_t i = 0; is_good && i < *out_num_columns; i++) {
        is_good = pg_column_next(&left, &column);
    }
    return is_good && left.len == 0 ? PG_OK : PG_MALFORMED;
}

enum pg_status pg_data_row_decode(struct slice body, uint16_t *out_num_fields,
                                  struct slice *out_fields)
{
    struct reader r = reader_over(body);
    *out_num_fields = reader_u16(&r);
    bool is_good = reader_ok(&r);
    *out_fields = reader_rest(&r);
    return is_good && pg_values_are_whole(*out_fields, *out_num_fields) ? PG_OK : PG_MALFORMED;
}

enum pg_status pg_notification_decode(struct slice body, struct pg_notification *out)
{
    struct reader r = reader_over(body);
    out->process_id = reader_u32(&r);
    out->channel = reader_cstring(&r);
    out->payload = reader_cstring(&r);
    return status_of(&r);
}

enum pg_status pg_copy_start_decode(struct slice body, uint8_t *out_format,
                                    uint16_t *out_num_columns)
{
    struct reader r = reader_over(body);
    *out_format = reader_u8(&r);
    *out_num_columns = reader_u16(&r);
    (void)reader_bytes(&r, *out_num_columns * FORMAT_LEN);
    return *out_format <= 1 ? status_of(&r) : PG_MALFORMED;
}
