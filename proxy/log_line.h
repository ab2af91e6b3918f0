/* SPDX-License-Identifier: Apache-2.0
 *
 * One log line from an event's parts: escapes whatever could end the line, open a second field or
 * upset a terminal. Pure: time is an argument. */
#ifndef PROXY_LOG_LINE_H
#define PROXY_LOG_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "proxy/log.h"

/* The longest line, its newline included: what a pipe takes at once and whole (PIPE_BUF). */
#define LOG_LINE_MAX ((size_t)4096)

/* The most bytes of one text that are shown; "..." follows when there are more. */
#define LOG_TEXT_MAX ((size_t)400)

struct log_line {
    int64_t time_us; /* since 1970, UTC */
    const char *level;
    const char *event;
    const struct log_field *fields; /* borrows */
    size_t num_fields;
    uint64_t suppressed; /* like events that were left out before this one; 0 is not shown */
};

/* Writes the line with its newline (and no NUL) and answers its length. Fields that do not fit
 * are left out whole, and the field "truncated" says so. */
size_t log_line_encode(const struct log_line *line, enum log_format format, char out[LOG_LINE_MAX]);

#endif
