/* SPDX-License-Identifier: Apache-2.0
 *
 * Values in the form a DataRow has them, in memory that grows: what is shown is bounded by what
 * the proxy serves, so nothing here is a client's to choose. */
#include "proxy/console/rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/writer.h"

void console_rows_begin(struct console_rows *rows)
{
    *rows = (struct console_rows){.num_values = 0};
    rows->out = open_memstream(&rows->memory, &rows->len);
    check(rows->out != NULL);
}

void console_rows_end(struct console_rows *rows)
{
    check(fclose(rows->out) == 0);
    rows->out = NULL;
}

void console_rows_fini(struct console_rows *rows)
{
    if (rows->out != NULL) {
        console_rows_end(rows);
    }
    free(rows->memory);
    *rows = (struct console_rows){.num_values = 0};
}

static void put_length(struct console_rows *rows, uint32_t len)
{
    uint8_t bytes[4];
    struct writer w = writer_over(bytes, sizeof bytes);
    writer_u32(&w, len);
    check(fwrite(bytes, 1, sizeof bytes, rows->out) == sizeof bytes);
    rows->num_values++;
}

void console_rows_slice(struct console_rows *rows, struct slice text)
{
    check(text.len <= INT32_MAX);
    put_length(rows, (uint32_t)text.len);
    check(text.len == 0 || fwrite(text.ptr, 1, text.len, rows->out) == text.len);
}

void console_rows_text(struct console_rows *rows, const char *text)
{
    if (text == NULL) {
        put_length(rows, UINT32_MAX);
        return;
    }
    console_rows_slice(rows, slice_text(text));
}

void console_rows_number(struct console_rows *rows, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    console_rows_text(rows, text);
}

struct slice console_rows_values(const struct console_rows *rows)
{
    check(rows->out == NULL);
    return slice_of(rows->memory, rows->len);
}
