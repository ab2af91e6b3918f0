/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration as the rest of the program sees it: checked, complete (defaults filled in),
 * references resolved, constant from then on. policy/config/load.h makes one.
 *
 * All strings are owned by the config, end with a NUL and are never NULL unless the field says
 * so. Durations are microseconds, sizes bytes; neither is ever 0 but where it says left out. Arrays
 * of strings end with a NULL that their count leaves out. */
#ifndef POLICY_CONFIG_CONFIG_H
#define POLICY_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/config/admin.h"
#include "policy/config/isolation.h"
#include "policy/config/listener.h"
#include "policy/config/upstream.h"

enum config_log_format { CONFIG_LOG_JSON, CONFIG_LOG_TEXT };
enum config_log_level { CONFIG_LOG_ERROR, CONFIG_LOG_WARN, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG };

/* Where in the file something stands, counted from 1; line 0: not in the file. */
struct config_position {
    uint32_t line;
    uint32_t column;
};

/* The sizes and counts that bound what a peer can make the proxy hold. */
struct config_limits {
    size_t statement_bytes;          /* SQL text of one message */
    uint32_t sessions;               /* over all listeners */
    size_t plan_cache_bytes;         /* per worker */
    size_t session_statements_bytes; /* prepared statements of one session */
    size_t worker_statements_bytes;  /* of all sessions of a worker */
    int64_t login_timeout_us;        /* from accept to a finished login */
    uint32_t sessions_per_user;      /* 0: left out, as for all the next ones */
    uint32_t sessions_per_tenant;
    int64_t statement_timeout_us;
    int64_t transaction_timeout_us;
    int64_t idle_in_transaction_timeout_us;
    int64_t client_idle_timeout_us;
    int64_t drain_timeout_us; /* of SIGTERM and SIGINT; never 0 */
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
    struct config_row row; /* is_set whenever a postgres listener isolates */
    struct config_redis_isolation redis;
    struct config_limits limits;
    struct config_admin *admin; /* NULL: no admin server and no console */
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
