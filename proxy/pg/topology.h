/* SPDX-License-Identifier: Apache-2.0
 *
 * Which endpoints of an upstream are primary, standby or down, and which of them a pool may use.
 * Values only: no socket, no lock, no clock. Endpoints are known by their text in the
 * configuration, so that workers which follow a reload at different times mean the same ones. */
#ifndef PROXY_PG_TOPOLOGY_H
#define PROXY_PG_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/config/upstream.h"
#include "protocol/compiler.h"

enum endpoint_role {
    ENDPOINT_UNKNOWN,
    ENDPOINT_PRIMARY,
    ENDPOINT_STANDBY,
    ENDPOINT_DOWN, /* the last connection failed */
    ENDPOINT_ROLES
};

/* What was learned may change who is to be used. */
enum topology_news {
    TOPOLOGY_SAME,
    TOPOLOGY_CHANGED, /* links that no longer fit are to be given up */
    TOPOLOGY_SPLIT,   /* a second primary, which is not used */
};

struct topology_endpoint {
    char *address; /* owns */
    enum endpoint_role role;
    int64_t failed_us; /* when it was found DOWN */
};

/* A zeroed one is empty. Fields are for reading. */
struct topology {
    struct topology_endpoint *items; /* owns */
    size_t num_items;
    char *primary; /* owns; the one that is written to; NULL: none was found yet */
};

/* Other endpoints from now on; what is known of those that stay is kept. */
void topology_configure(struct topology *t, const struct config_address *endpoints, size_t num);
void topology_fini(struct topology *t);

/* What is known of one; UNKNOWN of one that is not in the list. */
enum endpoint_role topology_role(const struct topology *t, const char *address);

/* A server there said that it is a PRIMARY or a STANDBY. */
MUST_USE enum topology_news topology_saw(struct topology *t, const char *address,
                                         enum endpoint_role role);

/* A connection to it failed. Whoever was the primary stays so until another one is seen. */
void topology_failed(struct topology *t, const char *address, int64_t now_us);

/* Whether a pool with that target may use links to it. */
bool topology_fits(const struct topology *t, const char *address, enum config_target target);

/* Which endpoint such a pool tries next: the first at or after number from, counted round, that
 * may be what it wants; from itself when there is none, so that all are tried in turn. */
size_t topology_next(const struct topology *t, enum config_target target, size_t from,
                     int64_t now_us);

#endif
