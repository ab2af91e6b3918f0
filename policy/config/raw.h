/* SPDX-License-Identifier: Apache-2.0
 *
 * The file as libcyaml loads it: the right shape, every scalar still text (NULL: left out). */
#ifndef POLICY_CONFIG_RAW_H
#define POLICY_CONFIG_RAW_H

#include "policy/config/raw_services.h"

#define UPSTREAMS_MAX 64u

#define RAW_FIELD(name, ...) char *raw_##name;

struct raw_identify {
#define IDENTIFY_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_source {
#define SOURCE_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_tenant {
#define TENANT_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_tenants {
    struct raw_identify *identify;
    unsigned identify_count;
    struct raw_source source;
};

struct raw_functions {
    char **allow;
    unsigned allow_count;
};

struct raw_row {
#define ROW_KEY RAW_FIELD
#include "policy/config/keys.def"
    char **schemas;
    unsigned schemas_count;
    char **shared;
    unsigned shared_count;
    char **views;
    unsigned views_count;
    struct raw_functions functions;
};

struct raw_redis {
#define REDIS_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_isolation {
    struct raw_row row;
    struct raw_redis redis;
};

struct raw_limits {
#define LIMITS_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_admin {
#define ADMIN_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_log {
#define LOG_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_config {
    struct raw_listener *listeners;
    unsigned listeners_count;
    struct raw_upstream *upstreams; /* one per name, in the order of the file */
    struct raw_tenants tenants;
    struct raw_isolation isolation;
    struct raw_limits limits;
    struct raw_admin admin;
    struct raw_log log;
};

#undef RAW_FIELD

#endif
