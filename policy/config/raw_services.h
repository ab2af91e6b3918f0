/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of raw.h that is about listeners and upstreams. */
#ifndef POLICY_CONFIG_RAW_SERVICES_H
#define POLICY_CONFIG_RAW_SERVICES_H

#define RAW_FIELD(name, ...) char *raw_##name;

struct raw_auth_query {
#define AUTH_QUERY_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_auth {
#define AUTH_KEY RAW_FIELD
#include "policy/config/keys.def"
    struct raw_auth_query query;
};

struct raw_listener_tls {
#define LISTENER_TLS_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_upstream_tls {
#define UPSTREAM_TLS_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_listener {
#define LISTENER_KEY RAW_FIELD
#include "policy/config/keys.def"
    struct raw_auth auth;
    struct raw_listener_tls tls;
};

struct raw_endpoint {
#define ENDPOINT_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_pool {
#define POOL_KEY RAW_FIELD
#include "policy/config/keys.def"
};

struct raw_upstream {
#define UPSTREAM_KEY RAW_FIELD
#include "policy/config/keys.def"
    struct raw_endpoint *endpoints;
    unsigned endpoints_count;
    struct raw_pool pool;
    struct raw_upstream_tls tls;
};

#undef RAW_FIELD

#endif
