/* SPDX-License-Identifier: Apache-2.0
 *
 * An address that clients connect to, and what holds for those who do. The rules of config.h for
 * strings, durations and sizes hold. */
#ifndef POLICY_CONFIG_LISTENER_H
#define POLICY_CONFIG_LISTENER_H

#include "policy/config/tls.h"
#include "policy/config/upstream.h"

enum config_auth_method {
    CONFIG_AUTH_TRUST /* loopback and unix binds only */,
    CONFIG_AUTH_SCRAM_SHA_256,
    CONFIG_AUTH_CERT /* the common name of the client's certificate is the user */,
    CONFIG_AUTH_PASSWORD /* in clear text, over TLS only */,
    CONFIG_AUTH_UNSAFE_MD5
};

enum config_isolation { CONFIG_ISOLATION_ROW, CONFIG_ISOLATION_PASSTHROUGH };

/* Where else than in the users file the secrets of users are. */
struct config_auth_query {
    char *upstream_name;                    /* NULL: the listener's own */
    const struct config_upstream *upstream; /* borrows from the config */
    char *database;                         /* NULL: the upstream's */
    char *user;
    char *password;      /* what password_file held; NULL when none was given */
    char *password_file; /* NULL when none was given */
    char *sql;
    int64_t timeout_us; /* of an answer */
    int64_t cache_us;   /* that an answer is good for */
};

struct config_listener {
    char *name;
    enum config_protocol protocol;
    struct config_address bind;
    char *upstream_name;
    const struct config_upstream *upstream; /* borrows from the config; speaks the same protocol */
    uint32_t max_sessions;                  /* 0: left out */
    enum config_target target;              /* PRIMARY for redis */
    enum config_isolation isolation;        /* the same for all listeners of an upstream */
    enum config_auth_method auth;
    char *users_file;                /* NULL when none was given */
    struct config_auth_query *query; /* owns; NULL: nobody is asked */
    struct config_listener_tls tls;
};

#endif
