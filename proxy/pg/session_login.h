/* SPDX-License-Identifier: Apache-2.0
 *
 * What a session keeps only until it is logged in, so that an idle one stays small. */
#ifndef PROXY_PG_SESSION_LOGIN_H
#define PROXY_PG_SESSION_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/config/config.h"
#include "policy/config/isolation.h"
#include "proxy/net/deadline.h"
#include "proxy/net/protocol.h"
#include "proxy/pg/auth_query.h"
#include "proxy/pg/close_reason.h"
#include "proxy/pg/settings.h"

struct scram_server;
struct session;
struct session_password;
struct snapshot;

struct session_login {
    struct session *session;                /* borrows */
    struct snapshot *snapshot;              /* shares; holds listener */
    const struct config_listener *listener; /* borrows from snapshot */
    enum config_target target; /* which servers: the listener's, or the client's choice */
    enum incoming_peer peer;
    int64_t since_us;
    struct deadline deadline;
    bool asked_ssl;
    bool asked_gss;
    bool speaks_3_2;           /* the protocol's version, as far as it matters */
    bool is_direct;            /* began with TLS, without asking */
    bool has_failure;          /* what is wrong is said after authentication, not before: */
    enum close_reason failure; /* before it, an answer would tell which names exist */
    char *failure_name;        /* owns; the setting that is wrong, or NULL */
    char *user;                /* owns */
    char *tenant_option;       /* owns; what the startup option says, or NULL */
    char tenant[TENANT_ID_MAX + 1];
    struct settings_wish wish;
    struct auth_waiter waiter;         /* while a database is asked for the verifier */
    struct scram_server *scram;        /* owns */
    struct session_password *password; /* owns */
};

/* For a new session; arms the login's deadline. */
struct session_login *session_login_new(struct session *s, const struct incoming *incoming);

/* Wipes and releases it and clears the pointer; NULL is fine. */
void session_login_free(struct session_login **login);

/* Remembers the first reason why this login will be refused. */
void session_login_fails(struct session_login *login, enum close_reason reason);

/* Logged in: the tenant becomes one of the session's settings, if policies of the database ask. */
void session_login_tell_policies(struct session_login *login);

#endif
