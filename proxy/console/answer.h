/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages of an answer. */
#ifndef PROXY_CONSOLE_ANSWER_H
#define PROXY_CONSOLE_ANSWER_H

#include "protocol/writer.h"
#include "proxy/console/run.h"
#include "proxy/console/session.h"

/* RowDescription of what the verb shows, or NoData. */
void console_write_description(struct writer *w, enum console_verb verb,
                               const struct console_formats *formats);

/* DataRows and CommandComplete. */
void console_write_result(struct writer *w, enum console_verb verb,
                          const struct console_formats *formats,
                          const struct console_result *result);

/* An ErrorResponse that leaves the session as it is. */
void console_write_error(struct writer *w, const char *sqlstate, const char *message);

#endif
