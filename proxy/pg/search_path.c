/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a list of identifiers as SQL does: in double quotes, a quote inside doubled. */
#include "proxy/pg/search_path.h"

#include <string.h>

#include "policy/config/isolation.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/writer.h"

#define LAST "pg_temp"

static void write_quoted(struct writer *w, const char *name)
{
    writer_u8(w, '"');
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"') {
            writer_u8(w, '"');
        }
        writer_u8(w, (uint8_t)*c);
    }
    writer_bytes(w, slice_text("\", "));
}

char *search_path_text(const struct config_row *row)
{
    size_t room = sizeof LAST;
    for (size_t i = 0; i < row->num_schemas; i++) {
        room += 2 * strlen(row->schemas[i]) + 4;
    }
    char *text = mem_new(room);
    struct writer w = writer_over(text, room);
    for (size_t i = 0; i < row->num_schemas; i++) {
        write_quoted(&w, row->schemas[i]);
    }
    writer_cstring(&w, slice_text(LAST));
    struct slice written;
    check(writer_done(&w, &written));
    return text;
}
