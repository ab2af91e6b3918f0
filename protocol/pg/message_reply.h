/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole messages that answer a client's requests. Each function appends one to the writer. */
#ifndef PROTOCOL_PG_MESSAGE_REPLY_H
#define PROTOCOL_PG_MESSAGE_REPLY_H

#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/pg/backend.h"
#include "protocol/writer.h"

/* Replies without a body. */
enum pg_bare_reply {
    PG_PARSE_COMPLETE = '1',
    PG_BIND_COMPLETE = '2',
    PG_CLOSE_COMPLETE = '3',
    PG_EMPTY_QUERY_RESPONSE = 'I',
    PG_NO_DATA = 'n',
};
void pg_write_bare_reply(struct writer *w, enum pg_bare_reply reply);

/* ReadyForQuery. */
void pg_write_ready(struct writer *w, enum pg_ready status);

/* CommandComplete, e.g. "DISCARD ALL". */
void pg_write_command_complete(struct writer *w, struct slice tag);

/* ParameterDescription with the first num_types of types (checked to be there). */
void pg_write_parameter_description(struct writer *w, struct slice types, uint16_t num_types);

enum pg_report_kind {
    PG_REPORT_ERROR,  /* 'E' ERROR: the session goes on */
    PG_REPORT_FATAL,  /* 'E' FATAL: the connection closes after it */
    PG_REPORT_NOTICE, /* 'N' NOTICE */
    PG_REPORT_WARNING /* 'N' WARNING */
};

/* What an error or notice says. Empty parts are left out. */
struct pg_report {
    enum pg_report_kind kind;
    const char *sqlstate; /* five characters */
    struct slice message;
    struct slice detail;
    struct slice hint;
    int32_t position; /* characters from 1 in the client's text; 0: none */
};

/* ErrorResponse or NoticeResponse with severity (translatable and not), SQLSTATE and message. */
void pg_write_report(struct writer *w, const struct pg_report *report);

#endif
