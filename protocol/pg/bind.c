/* SPDX-License-Identifier: Apache-2.0
 *
 * Bind, in and out. Invariant of a decoded one: num_formats is 0, 1 or num_values, formats holds
 * exactly that many, and values holds exactly num_values well-formed ones; so reading it cannot
 * fail later. Inner lengths are compared with what is left and must add up to the outer one
 * (CVE-2024-27304: a length that wrapped moved the next message's start). */
#include "protocol/pg/bind.h"

#include "protocol/check.h"

#define NULL_LENGTH (-1)
#define FORMAT_TEXT 0
#define FORMAT_LEN  ((size_t)2)

bool pg_value_next(struct slice *values, struct pg_value *out)
{
    struct reader r = reader_over(*values);
    int32_t length = reader_i32(&r);
    if (!reader_ok(&r) || length < NULL_LENGTH) {
        return false;
    }
    out->is_null = length == NULL_LENGTH;
    out->bytes = reader_bytes(&r, out->is_null ? 0 : (size_t)length);
    if (!reader_ok(&r)) {
        return false;
    }
    *values = reader_rest(&r);
    return true;
}

/* Moves *values behind count values; false if there are not as many. */
static bool skip_values(struct slice *values, size_t count)
{
    struct pg_value value;
    for (size_t i = 0; i < count; i++) {
        if (!pg_value_next(values, &value)) {
            return false;
        }
    }
    return true;
}

bool pg_values_are_whole(struct slice values, size_t count)
{
    return skip_values(&values, count) && values.len == 0;
}

/* Takes the values off *r and answers the view of all of them. */
static bool take_values(struct reader *r, size_t count, struct slice *out)
{
    struct slice all = reader_rest(r);
    struct slice behind = all;
    if (!skip_values(&behind, count)) {
        return false;
    }
    *out = slice_of(all.ptr, all.len - behind.len);
    *r = reader_over(behind);
    return true;
}

enum pg_status pg_bind_decode(struct slice body, struct pg_bind *out)
{
    struct reader r = reader_over(body);
    out->portal = reader_cstring(&r);
    out->statement = reader_cstring(&r);
    out->num_formats = reader_u16(&r);
    out->formats = reader_bytes(&r, out->num_formats * FORMAT_LEN);
    out->num_values = reader_u16(&r);
    if (!reader_ok(&r) || !take_values(&r, out->num_values, &out->values)) {
        return PG_MALFORMED;
    }
    if (out->num_formats > 1 && out->num_formats != out->num_values) {
        return PG_MALFORMED;
    }
    struct reader results = r;
    (void)reader_bytes(&r, reader_u16(&r) * FORMAT_LEN);
    out->results = reader_rest(&results);
    return reader_done(&r) ? PG_OK : PG_MALFORMED;
}

uint16_t pg_bind_format(const struct pg_bind *bind, size_t index)
{
    check(index < bind->num_values);
    if (bind->num_formats == 0) {
        return FORMAT_TEXT;
    }
    size_t place = bind->num_formats == 1 ? 0 : index;
    struct reader r = reader_over(slice_from(bind->formats, place * FORMAT_LEN));
    return reader_u16(&r);
}

/* The one code stands for all values: whether it would be wrong for a text value more. */
static bool must_spell_out(const struct pg_bind *bind)
{
    struct reader r = reader_over(bind->formats);
    return bind->num_formats == 1 && reader_u16(&r) != FORMAT_TEXT;
}

static void write_formats_and_text(struct writer *w, const struct pg_bind *bind)
{
    if (must_spell_out(bind)) {
        writer_u16(w, (uint16_t)(bind->num_values + 1));
        for (size_t i = 0; i < bind->num_values; i++) {
            writer_bytes(w, bind->formats);
        }
        writer_u16(w, FORMAT_TEXT);
    } else if (bind->num_formats > 1) {
        writer_u16(w, (uint16_t)(bind->num_formats + 1));
        writer_bytes(w, bind->formats);
        writer_u16(w, FORMAT_TEXT);
    } else {
        writer_u16(w, bind->num_formats);
        writer_bytes(w, bind->formats);
    }
}

static void write_values_and_text(struct writer *w, const struct pg_bind *bind, struct slice added)
{
    writer_u16(w, (uint16_t)(bind->num_values + 1));
    writer_bytes(w, bind->values);
    writer_u32(w, (uint32_t)added.len);
    writer_bytes(w, added);
}

void pg_bind_write(struct writer *w, const struct pg_bind *bind, struct slice statement,
                   const struct slice *added)
{
    if (added != NULL && (bind->num_values == UINT16_MAX || added->len > INT32_MAX)) {
        writer_fail(w);
        return;
    }
    writer_u8(w, 'B');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, bind->portal);
    writer_cstring(w, statement);
    if (added != NULL) {
        write_formats_and_text(w, bind);
        write_values_and_text(w, bind, *added);
    } else {
        writer_u16(w, bind->num_formats);
        writer_bytes(w, bind->formats);
        writer_u16(w, bind->num_values);
        writer_bytes(w, bind->values);
    }
    writer_bytes(w, bind->results);
    writer_close_frame(w, mark);
}
