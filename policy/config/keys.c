/* SPDX-License-Identifier: Apache-2.0
 *
 * Lays policy/config/keys.def out as constant tables. Nothing is computed here. */
#include "policy/config/keys.h"

#include "policy/config/raw.h"
#include "protocol/check.h"

#define KIB    ((uint64_t)1 << 10)
#define MIB    ((uint64_t)1 << 20)
#define GIB    ((uint64_t)1 << 30)
#define MS     UINT64_C(1000)
#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Every name with its schema, so that it means the same under any search_path; the parameter is a
 * text, since a longer one would be cut to the length of a name. */
#define AUTH_QUERY_SQL                                                                   \
    "SELECT rolname, rolpassword, rolcanlogin, rolvaliduntil FROM pg_catalog.pg_authid " \
    "WHERE rolname OPERATOR(pg_catalog.=) $1::pg_catalog.text"

/* In the order of the enums they are stored as. */
static const char *const protocols[] = {"postgres", "redis", NULL};
static const char *const auth_methods[] = {"trust",    "scram-sha-256", "cert",
                                           "password", "unsafe_md5",    NULL};
static const char *const listener_tls_modes[] = {"off", "allow", "require", NULL};
static const char *const client_certs[] = {"none", "optional", "required", NULL};
static const char *const upstream_tls_modes[] = {"disable", "require", "verify-ca", "verify-full",
                                                 NULL};
static const char *const channel_bindings[] = {"prefer", "require", "disable", NULL};
static const char *const targets[] = {"primary", "any", "standby", "prefer-standby", NULL};
static const char *const pool_pins[] = {"allow", "refuse", NULL};
static const char *const isolations[] = {"row", "passthrough", NULL};
static const char *const pool_modes[] = {"transaction", "session", NULL};
static const char *const tenant_states[] = {"active", "suspended", NULL};
static const char *const enforcements[] = {"rewrite", "rls", "both", NULL};
static const char *const fences[] = {"auto", "always", "never", NULL};
static const char *const metadatas[] = {"driver", "strict", "open", NULL};
static const char *const redis_modes[] = {"prefix", NULL};
static const char *const log_formats[] = {"json", "text", NULL};
static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};

#define ROW(raw_struct, field_struct, key_name, kind, member, presence, fallback, least, most, \
            choices, meaning)                                                                  \
    {#key_name,                                                                                \
     {kind, least, most, choices},                                                             \
     presence,                                                                                 \
     fallback,                                                                                 \
     offsetof(struct raw_struct, raw_##key_name),                                              \
     offsetof(struct field_struct, member),                                                    \
     meaning},

static const struct key listener_keys[] = {
#define LISTENER_KEY(...) ROW(raw_listener, config_listener, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key auth_keys[] = {
#define AUTH_KEY(...) ROW(raw_auth, config_listener, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key auth_query_keys[] = {
#define AUTH_QUERY_KEY(...) ROW(raw_auth_query, config_auth_query, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key listener_tls_keys[] = {
#define LISTENER_TLS_KEY(...) ROW(raw_listener_tls, config_listener_tls, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key upstream_tls_keys[] = {
#define UPSTREAM_TLS_KEY(...) ROW(raw_upstream_tls, config_upstream_tls, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key upstream_keys[] = {
#define UPSTREAM_KEY(...) ROW(raw_upstream, config_upstream, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key endpoint_keys[] = {
#define ENDPOINT_KEY(...) ROW(raw_endpoint, endpoint_values, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key pool_keys[] = {
#define POOL_KEY(...) ROW(raw_pool, config_pool, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key identify_keys[] = {
#define IDENTIFY_KEY(...) ROW(raw_identify, identify_values, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key source_keys[] = {
#define SOURCE_KEY(...) ROW(raw_source, config, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key tenant_keys[] = {
#define TENANT_KEY(...) ROW(raw_tenant, config_tenant, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key row_keys[] = {
#define ROW_KEY(...) ROW(raw_row, config_row, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key redis_keys[] = {
#define REDIS_KEY(...) ROW(raw_redis, config_redis_isolation, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key limits_keys[] = {
#define LIMITS_KEY(...) ROW(raw_limits, config_limits, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key admin_keys[] = {
#define ADMIN_KEY(...) ROW(raw_admin, config_admin, __VA_ARGS__)
#include "policy/config/keys.def"
};

static const struct key log_keys[] = {
#define LOG_KEY(...) ROW(raw_log, config_log, __VA_ARGS__)
#include "policy/config/keys.def"
};

#define SECTION(path, keys)                      \
    {                                            \
        path, keys, sizeof keys / sizeof keys[0] \
    }

static const struct section sections[SECTION_COUNT] = {
    [SECTION_LISTENER] = SECTION("listeners[]", listener_keys),
    [SECTION_AUTH] = SECTION("listeners[].auth", auth_keys),
    [SECTION_AUTH_QUERY] = SECTION("listeners[].auth.query", auth_query_keys),
    [SECTION_LISTENER_TLS] = SECTION("listeners[].tls", listener_tls_keys),
    [SECTION_UPSTREAM] = SECTION("upstreams.NAME", upstream_keys),
    [SECTION_UPSTREAM_TLS] = SECTION("upstreams.NAME.tls", upstream_tls_keys),
    [SECTION_ENDPOINT] = SECTION("upstreams.NAME.endpoints[]", endpoint_keys),
    [SECTION_POOL] = SECTION("upstreams.NAME.pool", pool_keys),
    [SECTION_IDENTIFY] = SECTION("tenants.identify[]", identify_keys),
    [SECTION_SOURCE] = SECTION("tenants.source", source_keys),
    [SECTION_TENANT] = SECTION("tenants.source.file[]", tenant_keys),
    [SECTION_ROW] = SECTION("isolation.row", row_keys),
    [SECTION_REDIS] = SECTION("isolation.redis", redis_keys),
    [SECTION_LIMITS] = SECTION("limits", limits_keys),
    [SECTION_ADMIN] = SECTION("admin", admin_keys),
    [SECTION_LOG] = SECTION("log", log_keys),
};

static const struct list_key list_keys[NUM_LIST_KEYS] = {
    {"isolation.row.schemas", "public", "the managed schemas, in search order"},
    {"isolation.row.shared", NULL, "schema.table that every tenant may use as it is"},
    {"isolation.row.functions.allow", NULL, "schema.function beyond the reviewed ones"},
    {"isolation.row.views", NULL, "schema.view to read: its tenant column says whose a row is"},
};

const struct section *section_at(enum section_id id)
{
    check((size_t)id < SECTION_COUNT);
    return &sections[id];
}

const struct list_key *list_key_at(size_t index)
{
    check(index < NUM_LIST_KEYS);
    return &list_keys[index];
}
