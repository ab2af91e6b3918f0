/* SPDX-License-Identifier: Apache-2.0
 *
 * The console: operators connect with psql or any driver, databases ringfence and pgbouncer, on an
 * address of its own, so that no client of a tenant ever speaks to it. Main thread. */
#ifndef PROXY_CONSOLE_CONSOLE_H
#define PROXY_CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/compiler.h"

struct config_address;
struct console;
struct metrics;
struct snapshot;
struct worker;

enum console_end {
    CONSOLE_END_NOW,     /* as SIGQUIT */
    CONSOLE_END_CLIENTS, /* as SIGTERM */
    CONSOLE_END_SERVERS, /* as SIGINT */
};

/* What the console asks of the process. */
struct console_host {
    struct snapshot *(*snapshot)(void *context); /* the newest; lends it */
    bool (*is_serving)(void *context);
    bool (*reload)(void *context); /* false: the configuration is wrong, and the log says where */
    void (*shut_down)(void *context, enum console_end how); /* begins it */
    void *context;
    struct metrics *metrics; /* borrows */
};

/* Serves on address from worker's loop. NULL on failure: *out_failure says why. */
MUST_USE struct console *console_new(struct worker *worker, const struct config_address *address,
                                     const struct console_host *host, const char **out_failure);

/* The address that was bound. Borrows. */
const char *console_address(const struct console *console);

/* Closes it and its sessions. NULL inside is fine. */
void console_free(struct console **console);

#endif
