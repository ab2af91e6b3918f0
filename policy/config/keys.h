/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of the configuration as data: policy/config/keys.def in tables, one per section, plus
 * the lists. Whatever handles all keys alike (conversion, overrides, printing, documentation)
 * walks these. */
#ifndef POLICY_CONFIG_KEYS_H
#define POLICY_CONFIG_KEYS_H

#include "policy/config/values.h"

enum presence { REQUIRED, OPTIONAL, DEFAULT };

struct key {
    const char *name;
    struct value_rule rule;
    enum presence presence;
    const char *fallback; /* NULL unless DEFAULT */
    size_t raw;           /* offset of the char * in the section's struct raw_... */
    size_t field;         /* offset in the section's struct: see enum section_id */
    const char *meaning;
};

/* Each with the struct its fields are in. */
enum section_id {
    SECTION_LISTENER,     /* struct config_listener */
    SECTION_AUTH,         /* struct config_listener */
    SECTION_AUTH_QUERY,   /* struct config_auth_query */
    SECTION_LISTENER_TLS, /* struct config_listener_tls */
    SECTION_UPSTREAM,     /* struct config_upstream */
    SECTION_UPSTREAM_TLS, /* struct config_upstream_tls */
    SECTION_ENDPOINT,     /* struct endpoint_values */
    SECTION_POOL,         /* struct config_pool */
    SECTION_IDENTIFY,     /* struct identify_values */
    SECTION_SOURCE,       /* struct config */
    SECTION_TENANT,       /* struct config_tenant */
    SECTION_ROW,          /* struct config_row */
    SECTION_REDIS,        /* struct config_redis_isolation */
    SECTION_LIMITS,       /* struct config_limits */
    SECTION_ADMIN,        /* struct config_admin */
    SECTION_LOG,          /* struct config_log */
    SECTION_COUNT,
};

struct section {
    const char *path; /* "upstreams.NAME.pool"; the tenants file's is "tenants.source.file[]" */
    const struct key *keys;
    size_t num_keys;
};

#define NUM_IDENTIFY_KINDS 4

struct identify_values {
    char *value[NUM_IDENTIFY_KINDS]; /* by enum config_identify_kind */
};

struct endpoint_values {
    struct config_address address;
};

/* A list of texts. */
struct list_key {
    const char *path;
    const char *fallback; /* what the list holds when it is left out, or NULL */
    const char *meaning;
};

#define NUM_LIST_KEYS 4

const struct section *section_at(enum section_id id);

/* "isolation.row.schemas", "isolation.row.shared", "isolation.row.functions.allow",
 * "isolation.row.views". */
const struct list_key *list_key_at(size_t index);

#endif
