/* SPDX-License-Identifier: Apache-2.0
 *
 * What one worker has of PostgreSQL: a pool for each upstream, the plan cache, the sessions. */
#ifndef PROXY_PG_PG_WORKER_H
#define PROXY_PG_PG_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "policy/sql/plan_cache.h"
#include "protocol/siphash.h"
#include "proxy/pg/auth_query.h"
#include "proxy/pg/holds.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pool.h"
#include "proxy/pg/server_parameters.h"
#include "proxy/pg/settings.h"
#include "proxy/pg/statement_map.h"

struct catalog;
struct config_upstream;
struct metrics_group;
struct pg_endpoints;
struct pg_service;
struct pg_worker;
struct session;
struct snapshot;

/* The widest message of a client: a Bind with large values. Query and Parse have limits of their
 * own in the configuration. */
#define PG_CLIENT_MESSAGE_MAX ((size_t)64 * 1024 * 1024)

/* One upstream as a worker sees it, or the part of its servers that some listeners are for. Lives
 * as long as the worker: a reload changes what it points to, and an upstream that is gone keeps its
 * last configuration for the sessions that remain. */
struct pg_upstream {
    uint32_t tag;
    struct pg_worker *pg;      /* borrows */
    char *name;                /* owns; of the upstream, and which servers: "main/standby" */
    uint32_t number;           /* tells upstreams apart in the plan cache */
    bool is_current;           /* part of the present snapshot */
    struct snapshot *snapshot; /* shares; holds target.upstream */
    struct link_target target;
    size_t num_tried;               /* endpoints that failed since one did not */
    struct pg_endpoints *endpoints; /* borrows from the service; of all pools of the upstream */
    struct pool pool;
    struct pool_share *share;            /* borrows from the service */
    struct server_parameters parameters; /* of the last link that logged in */
    struct metrics_group *metrics;       /* borrows */
    struct link_list links;              /* every link that is not closed */
    struct pg_upstream *next;
};

TAILQ_HEAD(session_list, session);

struct pg_worker {
    uint32_t tag;
    struct worker *worker;                       /* borrows */
    struct pg_service *service;                  /* borrows; what the workers share */
    struct sql_plan_cache *plans;                /* owns */
    struct sql_plan_cache_stats counted;         /* what the metrics have of its numbers */
    struct statement_account statements;         /* of all sessions */
    struct statement_account counted_statements; /* what the metrics have of it */
    struct settings_table settings;
    struct settings *no_settings;  /* shares; the empty set */
    struct siphash_key key;        /* of tables whose keys clients choose */
    struct pg_upstream *upstreams; /* owns the list */
    uint32_t num_upstreams;
    struct session_list sessions;
    struct session *by_key; /* uthash of the same, by cancel key */
    struct auth_query_list auth_queries;
    struct cancel_list cancels; /* requests under way, of all links */
    uint64_t last_session;
    uint64_t last_meaning; /* of sessions whose settings are no longer those of their start */
    struct holds holds;    /* what operators hold up */
    bool is_draining;
    bool is_stopping;       /* a few turns are left */
    uint32_t *type_scratch; /* owns; room for the types of one Parse */
};

/* Those servers of the upstream; NULL when no listener is for them, never for a listener's own. */
struct pg_upstream *pg_worker_upstream(struct pg_worker *pg, const struct config_upstream *config,
                                       enum config_target target);

/* The upstream of that name, or NULL. */
struct pg_upstream *pg_worker_find(struct pg_worker *pg, const char *name);

/* Whether the present snapshot has that tenant, and it is active. */
bool pg_worker_has_tenant(const struct pg_worker *pg, struct slice tenant);

/* The current snapshot's catalogue of upstream, or NULL as long as none was loaded. */
const struct catalog *pg_upstream_catalog(const struct pg_upstream *upstream);

/* Whether all is there that statements need to be understood: its catalogue, under isolation. */
bool pg_upstream_is_known(const struct pg_upstream *upstream);

/* A link of one of the worker's pools back to its upstream. */
struct pg_upstream *pg_upstream_of_link(const struct link *link);

#endif
