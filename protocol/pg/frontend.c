/* SPDX-License-Identifier: Apache-2.0
 *
 * One decoder per client message, each the message's form and nothing else. They keep no state,
 * allocate nothing, and cannot tell what is allowed: bytes in, views out. Counts of parameters are
 * unsigned 16-bit numbers, as the server reads them. */
#include "protocol/pg/frontend.h"

#include "protocol/pg/bind.h"

#define TYPE_LEN   ((size_t)4)
#define FORMAT_LEN ((size_t)2)

static enum pg_status status_of(const struct reader *r)
{
    return reader_done(r) ? PG_OK : PG_MALFORMED;
}

enum pg_status pg_empty_decode(struct slice body)
{
    return body.len == 0 ? PG_OK : PG_MALFORMED;
}

enum pg_status pg_text_decode(struct slice body, struct slice *out_text)
{
    struct reader r = reader_over(body);
    *out_text = reader_cstring(&r);
    return status_of(&r);
}

enum pg_status pg_parse_decode(struct slice body, struct pg_parse *out)
{
    struct reader r = reader_over(body);
    out->name = reader_cstring(&r);
    out->text = reader_cstring(&r);
    out->num_types = reader_u16(&r);
    out->types = reader_bytes(&r, out->num_types * TYPE_LEN);
    return status_of(&r);
}

bool pg_type_next(struct slice *types, uint32_t *out_type)
{
    struct reader r = reader_over(*types);
    *out_type = reader_u32(&r);
    if (!reader_ok(&r)) {
        return false;
    }
    *types = reader_rest(&r);
    return true;
}

enum pg_status pg_named_decode(struct slice body, struct pg_named *out)
{
    struct reader r = reader_over(body);
    uint8_t target = reader_u8(&r);
    out->target = target == PG_PORTAL ? PG_PORTAL : PG_STATEMENT;
    out->name = reader_cstring(&r);
    return target == out->target ? status_of(&r) : PG_MALFORMED;
}

enum pg_status pg_execute_decode(struct slice body, struct pg_execute *out)
{
    struct reader r = reader_over(body);
    out->portal = reader_cstring(&r);
    out->max_rows = reader_u32(&r);
    return status_of(&r);
}

enum pg_status pg_password_decode(struct slice body, struct slice *out_password)
{
    return pg_text_decode(body, out_password);
}

enum pg_status pg_sasl_initial_decode(struct slice body, struct pg_sasl_initial *out)
{
    struct reader r = reader_over(body);
    out->mechanism = reader_cstring(&r);
    int32_t length = reader_i32(&r);
    if (length < -1) {
        return PG_MALFORMED;
    }
    out->has_data = length >= 0;
    out->data = reader_bytes(&r, out->has_data ? (size_t)length : 0);
    return status_of(&r);
}

enum pg_status pg_function_call_decode(struct slice body, uint32_t *out_function)
{
    struct reader r = reader_over(body);
    *out_function = reader_u32(&r);
    uint16_t num_formats = reader_u16(&r);
    (void)reader_bytes(&r, num_formats * FORMAT_LEN);
    uint16_t num_values = reader_u16(&r);
    if (!reader_ok(&r) || (num_formats > 1 && num_formats != num_values)) {
        return PG_MALFORMED;
    }
    struct slice values = reader_rest(&r);
    if (values.len < FORMAT_LEN) { /* the result's format code ends the message */
        return PG_MALFORMED;
    }
    struct slice arguments = slice_of(values.ptr, values.len - FORMAT_LEN);
    return pg_values_are_whole(arguments, num_values) ? PG_OK : PG_MALFORMED;
}
