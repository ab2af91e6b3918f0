/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies of the proxy's own, as PG docs, Message Formats lay them out. Reports carry severity
 * twice (S and V), as servers since 9.6 do: drivers read V where they can. */
#include "protocol/pg/message_reply.h"

#include <inttypes.h>
#include <stdio.h>

#include "protocol/check.h"
#include "protocol/pg/error_fields.h"

#define TYPE_LEN ((size_t)4)

void pg_write_bare_reply(struct writer *w, enum pg_bare_reply reply)
{
    writer_u8(w, (uint8_t)reply);
    writer_close_frame(w, writer_open_frame(w));
}

void pg_write_ready(struct writer *w, enum pg_ready status)
{
    writer_u8(w, 'Z');
    size_t mark = writer_open_frame(w);
    writer_u8(w, (uint8_t)status);
    writer_close_frame(w, mark);
}

void pg_write_command_complete(struct writer *w, struct slice tag)
{
    writer_u8(w, 'C');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, tag);
    writer_close_frame(w, mark);
}

void pg_write_parameter_description(struct writer *w, struct slice types, uint16_t num_types)
{
    check(types.len / TYPE_LEN >= num_types);
    writer_u8(w, 't');
    size_t mark = writer_open_frame(w);
    writer_u16(w, num_types);
    writer_bytes(w, slice_of(types.ptr, num_types * TYPE_LEN));
    writer_close_frame(w, mark);
}

static const struct report_form {
    uint8_t type;
    const char *severity;
} report_forms[] = {
    [PG_REPORT_ERROR] = {'E', "ERROR"},
    [PG_REPORT_FATAL] = {'E', "FATAL"},
    [PG_REPORT_NOTICE] = {'N', "NOTICE"},
    [PG_REPORT_WARNING] = {'N', "WARNING"},
};

static void write_field(struct writer *w, enum pg_error_code code, struct slice text)
{
    if (text.len > 0) {
        writer_u8(w, (uint8_t)code);
        writer_cstring(w, text);
    }
}

void pg_write_report(struct writer *w, const struct pg_report *report)
{
    char position[12] = ""; /* INT32_MAX has ten digits */
    if (report->position > 0) {
        snprintf(position, sizeof position, "%" PRId32, report->position);
    }
    const struct report_form *form = &report_forms[report->kind];
    writer_u8(w, form->type);
    size_t mark = writer_open_frame(w);
    write_field(w, PG_ERROR_SEVERITY, slice_text(form->severity));
    write_field(w, PG_ERROR_SEVERITY_ENGLISH, slice_text(form->severity));
    write_field(w, PG_ERROR_SQLSTATE, slice_text(report->sqlstate));
    write_field(w, PG_ERROR_MESSAGE, report->message);
    write_field(w, PG_ERROR_DETAIL, report->detail);
    write_field(w, PG_ERROR_HINT, report->hint);
    write_field(w, PG_ERROR_POSITION, slice_text(position));
    writer_u8(w, 0);
    writer_close_frame(w, mark);
}
