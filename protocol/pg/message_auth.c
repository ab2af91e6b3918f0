/* SPDX-License-Identifier: Apache-2.0
 *
 * Login messages to the client, as PG docs, Message Formats lay them out. A text with a NUL inside
 * fails the writer, which the caller learns at the end. */
#include "protocol/pg/message_auth.h"

#include "protocol/pg/startup.h"

void pg_write_auth_data(struct writer *w, enum pg_auth_code code, struct slice data)
{
    writer_u8(w, 'R');
    size_t mark = writer_open_frame(w);
    writer_u32(w, (uint32_t)code);
    writer_bytes(w, data);
    writer_close_frame(w, mark);
}

void pg_write_auth(struct writer *w, enum pg_auth_code code)
{
    pg_write_auth_data(w, code, slice_of(NULL, 0));
}

void pg_write_auth_sasl(struct writer *w, const struct slice *mechanisms, size_t num_mechanisms)
{
    writer_u8(w, 'R');
    size_t mark = writer_open_frame(w);
    writer_u32(w, PG_AUTH_SASL);
    for (size_t i = 0; i < num_mechanisms; i++) {
        writer_cstring(w, mechanisms[i]);
    }
    writer_u8(w, 0);
    writer_close_frame(w, mark);
}

void pg_write_parameter_status(struct writer *w, struct slice name, struct slice value)
{
    writer_u8(w, 'S');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, name);
    writer_cstring(w, value);
    writer_close_frame(w, mark);
}

void pg_write_key_data(struct writer *w, uint32_t process_id, struct slice key)
{
    if (key.len < PG_CANCEL_KEY_MIN || key.len > PG_CANCEL_KEY_MAX) {
        writer_fail(w);
        return;
    }
    writer_u8(w, 'K');
    size_t mark = writer_open_frame(w);
    writer_u32(w, process_id);
    writer_bytes(w, key);
    writer_close_frame(w, mark);
}

void pg_write_negotiate(struct writer *w, uint32_t newest_version, const struct slice *options,
                        size_t num_options)
{
    writer_u8(w, 'v');
    size_t mark = writer_open_frame(w);
    writer_u32(w, newest_version);
    writer_u32(w, (uint32_t)num_options);
    for (size_t i = 0; i < num_options; i++) {
        writer_cstring(w, options[i]);
    }
    writer_close_frame(w, mark);
}
