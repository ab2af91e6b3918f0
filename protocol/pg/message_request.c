/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests to the server, as PG docs, Message Formats lay them out. What a client sent is never
 * passed through here as bytes of a message: names and texts are views, and lengths are counted
 * anew, so an inner length of a client's cannot move the start of the next message. */
#include "protocol/pg/message_request.h"

#define TYPE_LEN ((size_t)4)

size_t pg_begin_query(struct writer *w)
{
    writer_u8(w, 'Q');
    return writer_open_frame(w);
}

void pg_end_query(struct writer *w, size_t mark)
{
    writer_u8(w, 0);
    writer_close_frame(w, mark);
}

void pg_write_query(struct writer *w, struct slice text)
{
    writer_u8(w, 'Q');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, text);
    writer_close_frame(w, mark);
}

static void write_types(struct writer *w, const struct pg_parse_types *types)
{
    size_t num_given = types->given.len / TYPE_LEN;
    size_t num_added = types->added_type != 0 ? 1 : 0;
    if (num_given > types->num_params || types->num_params + num_added > UINT16_MAX) {
        writer_fail(w);
        return;
    }
    if (num_added == 0) { /* nothing behind them: those not given need no place */
        writer_u16(w, (uint16_t)num_given);
        writer_bytes(w, types->given);
        return;
    }
    writer_u16(w, (uint16_t)(types->num_params + 1));
    writer_bytes(w, types->given);
    for (size_t i = num_given; i < types->num_params; i++) {
        writer_u32(w, 0);
    }
    writer_u32(w, types->added_type);
}

size_t pg_begin_parse(struct writer *w, struct slice name)
{
    writer_u8(w, 'P');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, name);
    return mark;
}

void pg_end_parse(struct writer *w, size_t mark, const struct pg_parse_types *types)
{
    writer_u8(w, 0);
    write_types(w, types);
    writer_close_frame(w, mark);
}

void pg_write_parse(struct writer *w, struct slice name, struct slice text,
                    const struct pg_parse_types *types)
{
    size_t mark = pg_begin_parse(w, name);
    writer_cstring(w, text);
    write_types(w, types);
    writer_close_frame(w, mark);
}

static void write_named(struct writer *w, uint8_t type, enum pg_target target, struct slice name)
{
    writer_u8(w, type);
    size_t mark = writer_open_frame(w);
    writer_u8(w, (uint8_t)target);
    writer_cstring(w, name);
    writer_close_frame(w, mark);
}

void pg_write_describe(struct writer *w, enum pg_target target, struct slice name)
{
    write_named(w, 'D', target, name);
}

void pg_write_close(struct writer *w, enum pg_target target, struct slice name)
{
    write_named(w, 'C', target, name);
}

void pg_write_execute(struct writer *w, struct slice portal, uint32_t max_rows)
{
    writer_u8(w, 'E');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, portal);
    writer_u32(w, max_rows);
    writer_close_frame(w, mark);
}

void pg_write_bare_request(struct writer *w, enum pg_bare_request request)
{
    writer_u8(w, (uint8_t)request);
    writer_close_frame(w, writer_open_frame(w));
}

void pg_write_copy_fail(struct writer *w, struct slice reason)
{
    writer_u8(w, 'f');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, reason);
    writer_close_frame(w, mark);
}
