/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of one answer while they are gathered: value by value, row by row. */
#ifndef PROXY_CONSOLE_ROWS_H
#define PROXY_CONSOLE_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "protocol/bytes.h"

struct console_column {
    const char *name;
    uint32_t type; /* PG_TYPE_INT8 or PG_TYPE_TEXT */
};

struct console_rows {
    /* private */
    FILE *out;
    char *memory; /* owns; what was written, after console_rows_end */
    size_t len;
    uint64_t num_values;
};

void console_rows_begin(struct console_rows *rows);
void console_rows_end(struct console_rows *rows);

/* Releases it. Accepts a zeroed one. */
void console_rows_fini(struct console_rows *rows);

/* One value more. NULL is SQL's NULL. */
void console_rows_text(struct console_rows *rows, const char *text);
void console_rows_slice(struct console_rows *rows, struct slice text);
void console_rows_number(struct console_rows *rows, int64_t number);

/* After the end: counted values for pg_value_next. Borrows. */
struct slice console_rows_values(const struct console_rows *rows);

#endif
