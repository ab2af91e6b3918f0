/* SPDX-License-Identifier: Apache-2.0
 *
 * The running proxy: workers, listeners, catalogues, admin address, signals. The thread that makes
 * it is the main thread, whose loop accepts and never serves a session. */
#ifndef PROXY_SERVER_H
#define PROXY_SERVER_H

#include "proxy/catalogs.h"
#include "proxy/net/protocol.h"

struct server;
struct snapshot;

/* What the server is built of; everything borrows. */
struct server_parts {
    const struct protocol_ops *protocols[PROTOCOL_MOST]; /* by enum config_protocol; none: NULL */
    const struct catalog_load_ops *catalog_load;         /* NULL: no upstream needs a catalogue */
    char *const *environment; /* for reading the configuration again; see config_load */
};

/* Takes a reference of the first snapshot. Starts nothing. NULL when the system is out of
 * descriptors (logged). */
MUST_USE struct server *server_new(const struct server_parts *parts, struct snapshot *snapshot);

/* Binds, starts the workers and serves until SIGINT, or until SIGTERM and the last transaction's
 * end. 0, or 1 when it could not start (logged). */
MUST_USE int server_run(struct server *server);

/* For tests, any thread: as the signal would. */
void server_signal(struct server *server, int signal_number);

/* Releases everything. NULL inside is fine. */
void server_free(struct server **server);

#endif
