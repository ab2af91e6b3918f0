/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration as the rest of the program sees it: checked, complete (defaults filled in),
 * references resolved, constant from then on. policy/config/load.h makes one.
 *
 * All strings are owned by the config, end with a NUL and are never NULL unless the field says
 * so. Durations are microseconds, sizes bytes; neither is ever 0. Arrays of strings end with a
 * NULL that their count leaves out. */
#ifndef POLICY_CONFIG_CONFIG_H
#define POLICY_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/config/isolation.h"

enum config_protocol { CONFIG_POSTGRES, CONFIG_REDIS };
enum config_auth_method {
    CONFIG_AUTH_TRUST /* loopback and unix binds only */,
    CONFIG_AUTH_SCRAM_SHA_256
};
enum config_pool_mode { CONFIG_POOL_TRANSACTION, CONFIG_POOL_SESSION };
enum config_log_format { CONFIG_LOG_JSON, CONFIG_LOG_TEXT };
enum config_log_level { CONFIG_LOG_ERROR, CONFIG_LOG_WARN, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG };

/* Where in the file something stands, counted from 1; line 0: not in the file. */
struct config_position {
    uint32_t line;
    uint32_t column;
};

/* "127.0.0.1:6432", "[::1]:6432", "db.internal:5432" or "unix:/path". Exactly one half is set. */
struct config_address {
    bool is_unix;
    uint16_t port;
    char *host; /* without brackets; NULL when is_unix */
    char *path; /* NULL unless is_unix */
    char *text; /* as written */
};

struct config_pool {
    enum config_pool_mode mode;
    uint32_t size;           /* links to the upstream, over all workers */
    int64_t wait_timeout_us; /* for a free link */
    int64_t connect_timeout_us;
    int64_t idle_timeout_us; /* of a link nobody uses */
    int64_t lifetime_us;     /* of a link: closed at its next release */
};

struct config_upstream {
    char *name;
    enum config_protocol protocol;
    struct config_address *endpoints;
    size_t num_endpoints; /* at least 1 */
    char *database;       /* NULL for redis */
    char *user;           /* NULL when none was given (redis only) */
    char *password;       /* what password_file held; NULL when none was given */
    char *password_file;  /* NULL when none was given */
    int64_t dns_ttl_us;   /* of what its endpoints' names stand for */
    struct config_pool pool;
};

struct config_listener {
    char *name;
    enum config_protocol protocol;
    struct config_address bind;
    char *upstream_name;
    const struct config_upstream *upstream; /* borrows from the config; speaks the same protocol */
    enum config_auth_method auth;
    char *users_file; /* NULL when auth is trust */
};

/* The sizes and counts that bound what a peer can make the proxy hold. */
struct config_limits {
    size_t statement_bytes;   /* SQL text of one message */
    uint32_t sessions;        /* over all listeners */
    size_t plan_cache_bytes;  /* per worker */
    int64_t login_timeout_us; /* from accept to a finished login */
    uint32_t workers;         /* 0: as many as cores, at most 4 */
    size_t redis_bulk_bytes;  /* one argument of a command */
    uint32_t redis_args;      /* arguments of a command */
};

struct config_log {
    enum config_log_format format;
    enum config_log_level level;
};

struct config {
    char *path; /* the file's name as it was given */
    struct config_listener *listeners;
    size_t num_listeners; /* at least 1 */
    struct config_upstream *upstreams;
    size_t num_upstreams;
    struct config_identify *identify; /* in the order they are tried */
    size_t num_identify;
    char *tenants_file;
    struct config_tenant *tenants; /* sorted by id, which is unique */
    size_t num_tenants;
    struct config_row row; /* is_set whenever a postgres listener exists */
    struct config_redis_isolation redis;
    struct config_limits limits;
    struct config_address *admin_bind; /* NULL: no admin server */
    struct config_log log;
    char **warnings; /* what check tells the operator and serve logs */
    size_t num_warnings;
};

/* Releases the config, overwrites its passwords and clears the pointer; NULL is fine. */
void config_free(struct config **config);

/* The listener or upstream of that name, or NULL. Borrows from the config. */
const struct config_listener *config_listener_find(const struct config *c, const char *name);
const struct config_upstream *config_upstream_find(const struct config *c, const char *name);

#endif
