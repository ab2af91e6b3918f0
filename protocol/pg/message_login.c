/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said to a server before it takes requests, as PG docs, Message Formats lay it out. The
 * first packets have no type byte. */
#include "protocol/pg/message_login.h"

#define CODE_CANCEL (UINT32_C(1234) << 16 | 5678)
#define CODE_SSL    (UINT32_C(1234) << 16 | 5679)

void pg_write_startup(struct writer *w, uint32_t version, const struct pg_setting *settings,
                      size_t num_settings)
{
    size_t mark = writer_open_frame(w);
    writer_u32(w, version);
    for (size_t i = 0; i < num_settings; i++) {
        if (settings[i].name.len == 0) { /* would end the list: what follows would be lost */
            writer_fail(w);
        }
        writer_cstring(w, settings[i].name);
        writer_cstring(w, settings[i].value);
    }
    writer_u8(w, 0);
    writer_close_frame(w, mark);
}

void pg_write_ssl_request(struct writer *w)
{
    size_t mark = writer_open_frame(w);
    writer_u32(w, CODE_SSL);
    writer_close_frame(w, mark);
}

void pg_write_cancel(struct writer *w, uint32_t process_id, struct slice key)
{
    size_t mark = writer_open_frame(w);
    writer_u32(w, CODE_CANCEL);
    writer_u32(w, process_id);
    writer_bytes(w, key);
    writer_close_frame(w, mark);
}

void pg_write_password(struct writer *w, struct slice password)
{
    writer_u8(w, 'p');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, password);
    writer_close_frame(w, mark);
}

void pg_write_sasl_initial(struct writer *w, struct slice mechanism, struct slice data)
{
    writer_u8(w, 'p');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, mechanism);
    writer_u32(w, (uint32_t)data.len);
    writer_bytes(w, data);
    writer_close_frame(w, mark);
}

void pg_write_sasl_response(struct writer *w, struct slice data)
{
    writer_u8(w, 'p');
    size_t mark = writer_open_frame(w);
    writer_bytes(w, data);
    writer_close_frame(w, mark);
}
