/* SPDX-License-Identifier: Apache-2.0
 *
 * A service behind the proxy as the configuration describes it: where it is, as whom to log in,
 * and how many connections to keep. The rules of config.h for strings, durations and sizes hold. */
#ifndef POLICY_CONFIG_UPSTREAM_H
#define POLICY_CONFIG_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/config/tls.h"

enum config_protocol { CONFIG_POSTGRES, CONFIG_REDIS };
enum config_pool_mode { CONFIG_POOL_TRANSACTION, CONFIG_POOL_SESSION };

/* Which of an upstream's servers a listener is for. */
enum config_target {
    CONFIG_TARGET_PRIMARY,
    CONFIG_TARGET_ANY,
    CONFIG_TARGET_STANDBY,
    CONFIG_TARGET_PREFER_STANDBY /* the primary when no standby can be reached */
};
#define CONFIG_TARGETS 4U

/* "127.0.0.1:6432", "[::1]:6432", "db.internal:5432" or "unix:/path". Exactly one half is set. */
struct config_address {
    bool is_unix;
    uint16_t port;
    char *host; /* without brackets; NULL when is_unix */
    char *path; /* NULL unless is_unix */
    char *text; /* as written */
};

enum config_pool_pin { CONFIG_POOL_PIN_ALLOW, CONFIG_POOL_PIN_REFUSE };

struct config_pool {
    enum config_pool_mode mode;
    enum config_pool_pin pin; /* in transaction mode */
    uint32_t size;            /* links to the upstream, over all workers */
    int64_t wait_timeout_us;  /* for a free link */
    int64_t connect_timeout_us;
    int64_t idle_timeout_us; /* of a link nobody uses */
    int64_t lifetime_us;     /* of a link: closed at its next release */
};

struct config_upstream {
    char *name;
    enum config_protocol protocol;
    struct config_address *endpoints;
    size_t num_endpoints;  /* at least 1 */
    char *database;        /* NULL for redis */
    char *user;            /* NULL when none was given (redis only) */
    char *password;        /* what password_file held; NULL when none was given */
    char *password_file;   /* NULL when none was given */
    uint32_t max_sessions; /* 0: left out */
    int64_t dns_ttl_us;    /* of what its endpoints' names stand for */
    struct config_upstream_tls tls;
    bool is_passthrough; /* its listeners do not isolate */
    struct config_pool pool;
};

#endif
