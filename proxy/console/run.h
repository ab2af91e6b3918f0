/* SPDX-License-Identifier: Apache-2.0
 *
 * Doing what a command says. */
#ifndef PROXY_CONSOLE_RUN_H
#define PROXY_CONSOLE_RUN_H

#include <stdint.h>

#include "proxy/console/command.h"
#include "proxy/console/rows.h"

struct console;
struct console_session;

/* How an answer with rows looks, and who fills it. */
struct console_show {
    const struct console_column *columns;
    uint16_t num_columns;
    void (*fill)(const struct console *console, struct console_rows *rows);
};

/* What came of a command. */
struct console_result {
    const char *sqlstate; /* NULL: it was done */
    char message[256];    /* with sqlstate */
    struct console_rows rows;
};

/* The form of a verb's rows; NULL: it has none. */
const struct console_show *console_show_of(enum console_verb verb);

/* Does it, if the session's user may. The caller releases out->rows. When s->tour is set afterwards
 * the answer is still to come, by console_session_toured. */
void console_run(struct console_session *s, const struct console_command *command,
                 struct console_result *out);

#endif
