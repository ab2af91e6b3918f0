/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the configuration that decides what a tenant may touch: who is a tenant, and how
 * tenants are kept apart. Same rules of ownership as policy/config/config.h. */
#ifndef POLICY_CONFIG_ISOLATION_H
#define POLICY_CONFIG_ISOLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A tenant's id is 1 to 63 characters of [a-z0-9_.-]. */
#define TENANT_ID_MAX ((size_t)63)

enum tenant_state { TENANT_ACTIVE, TENANT_SUSPENDED };

struct config_tenant {
    char *id;
    enum tenant_state state;
};

enum config_identify_kind {
    IDENTIFY_STARTUP_USER,   /* value: regex over the PostgreSQL startup user, group `tenant` */
    IDENTIFY_STARTUP_OPTION, /* value: name of the startup parameter that holds the tenant */
    IDENTIFY_REDIS_USER,     /* value: regex over the user of AUTH or HELLO, group `tenant` */
    IDENTIFY_STATIC,         /* value: the tenant */
};

struct config_identify {
    enum config_identify_kind kind;
    char *value;
    uint32_t line; /* of the value in the file; 0: not from the file */
    uint32_t column;
};

enum config_enforce {
    ENFORCE_REWRITE, /* conditions in the statements */
    ENFORCE_RLS,     /* policies of the database, which read the setting */
    ENFORCE_BOTH,
};
/* What tenants may see of the database beyond their rows. */
enum config_metadata {
    METADATA_DRIVER, /* what drivers and tools ask: names and types, no statistics */
    METADATA_STRICT, /* nothing */
    METADATA_OPEN,   /* all that the role may read */
};
enum config_fence { FENCE_AUTO, FENCE_ALWAYS, FENCE_NEVER };

struct config_row {
    bool is_set;    /* false: no isolation.row, and so no postgres listener */
    char *column;   /* the tenant column's name */
    char **schemas; /* managed schemas in search order, at least one */
    size_t num_schemas;
    char **shared; /* "schema.table", each in a managed schema */
    size_t num_shared;
    char **views; /* "schema.view": their tenant column says whose a row is */
    size_t num_views;
    char **functions_allow; /* "schema.function" beyond the reviewed ones */
    size_t num_functions_allow;
    enum config_enforce enforce;
    char *setting; /* that tells policies the tenant: a dotted name */
    enum config_fence fence;
    enum config_metadata metadata;
    bool unsafe_allow_privileged_role;
};

enum config_redis_mode { REDIS_MODE_PREFIX };

struct config_redis_isolation {
    bool is_set; /* false: no isolation.redis, and so no redis listener */
    enum config_redis_mode mode;
    char *prefix; /* template: "{tenant}" once, then a byte that no tenant id has */
};

/* Whether the len bytes at text are a well-formed tenant id. */
bool tenant_id_valid(const char *text, size_t len);

#endif
