/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows for the wire. Numbers are kept as text and turned into binary where a client asks for it. */
#include "proxy/console/answer.h"

#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/message_rows.h"

#define INT8_LEN 8U

static bool is_binary(const struct console_formats *formats, uint16_t column)
{
    if (formats->num <= 1) {
        return formats->num == 1 && formats->is_binary[0] != 0;
    }
    return column < formats->num && formats->is_binary[column] != 0;
}

void console_write_description(struct writer *w, enum console_verb verb,
                               const struct console_formats *formats)
{
    const struct console_show *show = console_show_of(verb);
    struct pg_column columns[CONSOLE_COLUMNS_MAX];
    if (show == NULL) {
        pg_write_bare_reply(w, PG_NO_DATA);
        return;
    }
    check(show->num_columns <= CONSOLE_COLUMNS_MAX);
    for (uint16_t i = 0; i < show->num_columns; i++) {
        columns[i] = (struct pg_column){.name = slice_text(show->columns[i].name),
                                        .type_oid = show->columns[i].type,
                                        .format = is_binary(formats, i) ? 1 : 0};
    }
    pg_write_row_description(w, columns, show->num_columns);
}

static void write_number(struct writer *w, struct slice text)
{
    char copy[24] = "";
    check(text.len < sizeof copy);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = (char)text.ptr[i];
    }
    uint64_t number = (uint64_t)strtoll(copy, NULL, 10);
    writer_u32(w, INT8_LEN);
    writer_u32(w, (uint32_t)(number >> 32));
    writer_u32(w, (uint32_t)number);
}

static void write_row(struct writer *w, const struct console_show *show,
                      const struct console_formats *formats, struct slice *values)
{
    struct pg_value value;
    size_t mark = pg_begin_data_row(w, show->num_columns);
    for (uint16_t i = 0; i < show->num_columns; i++) {
        check(pg_value_next(values, &value));
        if (value.is_null) {
            pg_write_null(w);
        } else if (show->columns[i].type == PG_TYPE_INT8 && is_binary(formats, i)) {
            write_number(w, value.bytes);
        } else {
            pg_write_value(w, value.bytes);
        }
    }
    pg_end_data_row(w, mark);
}

void console_write_result(struct writer *w, enum console_verb verb,
                          const struct console_formats *formats,
                          const struct console_result *result)
{
    const struct console_show *show = console_show_of(verb);
    if (show != NULL) {
        struct slice values = console_rows_values(&result->rows);
        while (values.len > 0) {
            write_row(w, show, formats, &values);
        }
    }
    pg_write_command_complete(w, slice_text(console_verb_facts(verb)->tag));
}

void console_write_error(struct writer *w, const char *sqlstate, const char *message)
{
    const struct pg_report report = {
        .kind = PG_REPORT_ERROR, .sqlstate = sqlstate, .message = slice_text(message)};
    pg_write_report(w, &report);
}
