/* SPDX-License-Identifier: Apache-2.0
 *
 * A PostgreSQL server in miniature, behind a Unix socket, that is served by hand: it logs everybody
 * in, keeps statements and portals, skips to Sync after an error, and answers each statement with
 * its token and the tenant it was filtered for. It aborts when a statement that reads a tenant's
 * table comes without exactly one tenant, or when a cancel request hits somebody else's query. */
#ifndef FUZZ_MODEL_SERVER_H
#define FUZZ_MODEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

#define MODEL_CONNECTIONS 8
#define MODEL_STATEMENTS  64

struct model_statement {
    char *name; /* owns */
    char *text; /* owns */
};

struct model_connection {
    int fd; /* -1: free */
    bool is_logged_in;
    bool is_used;        /* it was sent more than a login */
    bool is_skipping;    /* to Sync, after an error */
    uint32_t process_id; /* no other connection ever has it */
    char status;         /* of ReadyForQuery */
    uint8_t *in;         /* owns */
    size_t in_len;
    struct model_statement statements[MODEL_STATEMENTS];
    size_t num_statements;
    char *portal; /* owns; the text of the unnamed portal's statement; NULL: there is none */
    char tenant;  /* that the portal was bound with: its first letter; '-': none */
};

struct model_server {
    int listen_fd;
    struct model_connection connections[MODEL_CONNECTIONS];
    uint32_t num_accepted; /* ever */
    bool fails_next;       /* the next statement is answered with an error */
    bool has_lied;         /* bytes of a script were sent: what clients see is no longer checked */
    bool has_failed_login; /* maybe: then the proxy waits before it connects again */
    uint32_t cancellers;   /* a bit for each client that sent a cancel request or is gone */
};

/* Listens at path, which must not exist. */
void model_server_init(struct model_server *server, const char *path);
void model_server_fini(struct model_server *server);

/* Takes connections that wait. */
void model_server_accept(struct model_server *server);

/* Reads what has arrived at connection number index and answers at most max messages. */
void model_server_serve(struct model_server *server, size_t index, unsigned max);

/* Sends bytes that nobody asked for. */
void model_server_lie(struct model_server *server, size_t index, struct slice bytes);

/* Closes a connection, in order or as a crash would. */
void model_server_crash(struct model_server *server, size_t index);
void model_server_drop(struct model_server *server, size_t index);

#endif
