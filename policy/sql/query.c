/* SPDX-License-Identifier: Apache-2.0
 *
 * The two ways in which a stage speaks: a refusal, which ends the work at once from any depth, and
 * a note for people. Neither ever carries data of the database, only what the client sent. */
#include "policy/sql/query.h"

#include <stdarg.h>
#include <stdio.h>

#include "protocol/bytes.h"
#include "protocol/utf8.h"

#define MESSAGE_CAP 512

/* The server counts characters from 1. */
static int32_t position_of(const struct sql_query *q, int location)
{
    if (location < 0 || (size_t)location > q->text_len) {
        return 0;
    }
    return (int32_t)utf8_count(slice_of(q->text, q->text_len), (size_t)location) + 1;
}

/* A message cut in the middle of a character would not be UTF-8. */
static void cut_at_character(char *message)
{
    struct slice s = slice_text(message);
    message[utf8_valid_prefix(s, UTF8_NUL_ALLOWED)] = '\0';
}

void sql_refuse(const struct sql_query *q, const char *sqlstate, int location, const char *hint,
                const char *format, ...)
{
    char message[MESSAGE_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    cut_at_character(message);
    libpg_throw(sqlstate, position_of(q, location), message, hint);
}

void sql_note(struct sql_query *q, const char *format, ...)
{
    if (!q->env->wants_notes) {
        return;
    }
    char note[MESSAGE_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(note, sizeof(note), format, args);
    va_end(args);
    cut_at_character(note);
    q->notes = lappend(q->notes, pstrdup(note));
}
