/* SPDX-License-Identifier: Apache-2.0
 *
 * An operator's connection, as the files of the console share it. Every function may close it:
 * callers look at its state afterwards. */
#ifndef PROXY_CONSOLE_SESSION_H
#define PROXY_CONSOLE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "protocol/bytes.h"
#include "proxy/console/command.h"
#include "proxy/console/console.h"
#include "proxy/console/stats.h"
#include "proxy/net/deadline.h"
#include "proxy/net/stream.h"
#include "proxy/net/worker.h"
#include "proxy/pg/holds.h"

/* Statements and portals that one may have prepared; columns of the widest answer. */
#define CONSOLE_PREPARED_MAX 128U
#define CONSOLE_COLUMNS_MAX  32U
#define CONSOLE_USER_MAX     ((size_t)255)

struct acceptor;
struct scram_server;
struct tour;

enum console_state { CONSOLE_STARTUP, CONSOLE_SASL, CONSOLE_PROOF, CONSOLE_READY, CONSOLE_CLOSED };

/* How the client wants the values: one format for all or one for each; none: text. */
struct console_formats {
    uint16_t num;
    uint8_t is_binary[CONSOLE_COLUMNS_MAX];
};

/* A statement, or a portal with its formats. */
struct console_prepared {
    LIST_ENTRY(console_prepared) entry;
    bool is_portal;
    bool is_empty; /* its text has no command */
    struct console_command command;
    struct console_formats formats;
    size_t name_len;
    char name[]; /* bytes */
};

TAILQ_HEAD(console_sessions, console_session);

struct console {
    uint32_t tag;
    struct worker *worker; /* borrows */
    struct console_host host;
    struct acceptor *acceptor; /* owns */
    struct console_sessions sessions;
    uint32_t num_sessions;
    uint64_t last_session;
    uint8_t mock_secret[32]; /* of salts of users that are not there */
    struct console_stats stats;
    struct holds holds; /* what it has told the workers to hold */
};

struct console_session {
    uint32_t tag;
    enum console_state state;
    struct stream stream;
    struct console *console; /* borrows */
    struct worker_deferred deferred;
    TAILQ_ENTRY(console_session) entry;
    uint64_t id;
    struct deadline login;
    bool asked_ssl;
    bool asked_gss;
    bool is_other_database;
    struct scram_server *scram; /* owns; until logged in */
    char user[CONSOLE_USER_MAX + 1];
    LIST_HEAD(, console_prepared) prepared; /* owns */
    uint32_t num_prepared;
    bool skips;        /* messages are dropped up to the next Sync */
    struct tour *tour; /* borrows; NULL: no answer is on its way. Of the command: */
    bool is_simple;
    enum console_verb verb;
    struct console_formats formats;
};

/* session.c: a new one; takes fd over. */
void console_session_open(struct console *console, int fd, const char *peer);

/* Closes it; memory goes after the turn. Twice is fine. */
void console_session_close(struct console_session *s);

/* The same after a FATAL message. */
void console_session_fail(struct console_session *s, const char *sqlstate, const char *message);

/* The answer that s->tour was for. Borrows rows. */
void console_session_toured(struct console_session *s, const struct console_rows *rows);

/* For the end of the console: closes and frees it at once. */
void console_session_free(struct console_session *s);

/* What the client's next bytes are, by state. */
void console_session_startup(struct console_session *s);
void console_session_sasl(struct console_session *s);
void console_session_proof(struct console_session *s);
void console_session_requests(struct console_session *s);

/* What the session's user may do by the newest configuration; false: nothing any more. */
MUST_USE bool console_session_right(const struct console_session *s, enum config_right *out);

#endif
