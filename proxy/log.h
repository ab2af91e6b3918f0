/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: one event, one line on standard error, JSON or text. Any thread. Never blocks: when
 * the reader of the pipe is slow, lines are dropped and counted. Never give it SQL text, values,
 * keys or secrets; statements appear as fingerprints.
 *
 *     log_event(LOG_SESSION_CLOSED, log_number("session", s->id), log_text("reason",
 * "client_eof"));
 */
#ifndef PROXY_LOG_H
#define PROXY_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

enum log_event {
#define LOG_EVENT(name, level, text, per_second) LOG_##name,
#include "proxy/log_events.def"
#undef LOG_EVENT
    LOG_EVENT_COUNT
};

/* error: the operator must act; warn: a peer misbehaved; info: lifecycle; debug: the rest. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

struct log_field {
    const char *key;   /* borrows: [a-z_]+, from our own code */
    struct slice text; /* borrows: any bytes */
    int64_t number;
    enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER } kind;
};

/* The session comes first among an event's fields, if there is one. */
struct log_field log_text(const char *key, const char *text); /* NULL reads as empty */
struct log_field log_slice(const char *key, struct slice text);
struct log_field log_number(const char *key, int64_t number);

/* Writes one event with at least one field. */
#define log_event(event, ...)                                   \
    log_write((event), (const struct log_field[]){__VA_ARGS__}, \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* Use log_event(). */
void log_write(enum log_event event, const struct log_field *fields, size_t num_fields);

/* What is logged from now on, and how. At first: text, info. */
void log_configure(enum log_format format, enum log_level level);

/* Whether an event of that kind would be written: for fields that cost something to find out. */
int log_wants(enum log_event event);

/* Another descriptor than standard error: for tests. Borrows. */
void log_set_fd(int fd);

/* Lines lost because the descriptor took none, and lines left out as repeats, since the start. */
uint64_t log_dropped(void);
uint64_t log_suppressed(void);

#endif
