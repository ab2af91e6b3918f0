/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoder below the log. A field is written whole or not at all: `end` is moved only after
 * its last byte fitted, so a line is well formed however it was cut. Bytes that are no UTF-8
 * become U+FFFD, one each; control characters, C1 and DEL included, become escapes. */
#include "proxy/log_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "protocol/check.h"
#include "protocol/compiler.h"
#include "protocol/utf8.h"

#define US_PER_SECOND INT64_C(1000000)
#define TAIL_ROOM     ((size_t)32) /* for the end of any line: truncated, brace, newline */
#define LONGEST_UTF8  ((size_t)4)
#define NUMBER_MAX    ((size_t)64) /* a formatted number with its punctuation */

struct output {
    char *bytes;
    size_t len;
    size_t cap;
    bool failed;
};

static void put_bytes(struct output *o, const char *bytes, size_t len)
{
    if (o->failed || len > o->cap - o->len) {
        o->failed = true;
        return;
    }
    memcpy(o->bytes + o->len, bytes, len);
    o->len += len;
}

static void put_text(struct output *o, const char *text)
{
    put_bytes(o, text, strlen(text));
}

PRINTF_LIKE(2, 3) static void put_format(struct output *o, const char *format, ...)
{
    char text[NUMBER_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    check(len >= 0 && (size_t)len < sizeof text);
    put_bytes(o, text, (size_t)len);
}

static void put_ascii(struct output *o, unsigned char c)
{
    if (c == '"' || c == '\\') {
        put_format(o, "\\%c", c);
    } else if (c == '\n') {
        put_text(o, "\\n");
    } else if (c == '\r') {
        put_text(o, "\\r");
    } else if (c == '\t') {
        put_text(o, "\\t");
    } else if (c < 0x20 || c == 0x7f) {
        put_format(o, "\\u%04x", c);
    } else {
        put_bytes(o, (const char *)&c, 1);
    }
}

/* How many bytes the legal character at the start of text has; 0 when there is none. */
static size_t character_len(struct slice text)
{
    for (size_t len = 1; len <= LONGEST_UTF8 && len <= text.len; len++) {
        if (utf8_valid_prefix(slice_of(text.ptr, len), UTF8_NUL_ALLOWED) == len) {
            return len;
        }
    }
    return 0;
}

/* Writes the character at the start of text; answers its length. */
static size_t put_character(struct output *o, struct slice text)
{
    size_t len = character_len(text);
    if (len == 0) {
        put_text(o, "\\ufffd");
        return 1;
    }
    if (len == 1) {
        put_ascii(o, text.ptr[0]);
    } else if (len == 2 && text.ptr[0] == 0xc2 && text.ptr[1] < 0xa0) {
        put_format(o, "\\u%04x", text.ptr[1]); /* C1: U+0080 to U+009F */
    } else {
        put_bytes(o, (const char *)text.ptr, len);
    }
    return len;
}

static void put_quoted(struct output *o, struct slice text)
{
    put_text(o, "\"");
    size_t shown = 0;
    while (shown < text.len && shown < LOG_TEXT_MAX) {
        shown += put_character(o, slice_from(text, shown));
    }
    put_text(o, shown < text.len ? "...\"" : "\"");
}

/* Whether a text needs no quotes in the text format. */
static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return text.len > 0 && text.len <= LOG_TEXT_MAX;
}

static void put_value(struct output *o, const struct log_field *field, enum log_format format)
{
    if (field->kind == LOG_FIELD_NUMBER) {
        put_format(o, "%" PRId64, field->number);
    } else if (format == LOG_FORMAT_TEXT && is_plain(field->text)) {
        put_bytes(o, (const char *)field->text.ptr, field->text.len);
    } else {
        put_quoted(o, field->text);
    }
}

/* Writes the field, or nothing and false. */
static bool put_field(struct output *o, const struct log_field *field, enum log_format format)
{
    size_t before = o->len;
    put_text(o, format == LOG_FORMAT_JSON ? ",\"" : " ");
    put_text(o, field->key);
    put_text(o, format == LOG_FORMAT_JSON ? "\":" : "=");
    put_value(o, field, format);
    if (o->failed) {
        o->len = before;
        o->failed = false;
        return false;
    }
    return true;
}

static void put_time(struct output *o, int64_t time_us)
{
    time_t seconds = (time_t)(time_us / US_PER_SECOND);
    struct tm tm;
    char text[sizeof "2026-01-01T00:00:00"];
    check(gmtime_r(&seconds, &tm) != NULL);
    check(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) > 0);
    put_text(o, text);
    put_format(o, ".%06" PRId64 "Z", time_us % US_PER_SECOND);
}

static void put_head(struct output *o, const struct log_line *line, enum log_format format)
{
    bool json = format == LOG_FORMAT_JSON;
    put_text(o, json ? "{\"time\":\"" : "");
    put_time(o, line->time_us);
    put_text(o, json ? "\",\"level\":\"" : " ");
    put_text(o, line->level);
    put_text(o, json ? "\",\"event\":\"" : " ");
    put_text(o, line->event);
    put_text(o, json ? "\"" : "");
}

size_t log_line_encode(const struct log_line *line, enum log_format format, char out[LOG_LINE_MAX])
{
    struct output o = {.bytes = out, .cap = LOG_LINE_MAX - TAIL_ROOM};
    put_head(&o, line, format);
    struct log_field suppressed = log_number("suppressed", (int64_t)line->suppressed);
    bool is_whole = line->suppressed == 0 || put_field(&o, &suppressed, format);
    for (size_t i = 0; i < line->num_fields; i++) {
        is_whole = put_field(&o, &line->fields[i], format) && is_whole;
    }
    o.cap = LOG_LINE_MAX;
    struct log_field truncated = log_number("truncated", 1);
    if (!is_whole) {
        check(put_field(&o, &truncated, format));
    }
    put_text(&o, format == LOG_FORMAT_JSON ? "}\n" : "\n");
    check(!o.failed);
    return o.len;
}
