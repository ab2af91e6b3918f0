/* SPDX-License-Identifier: Apache-2.0
 *
 * Plans of statements seen before, so that only the first use pays for parsing, rewriting and
 * proof. Bounded in bytes: the plan used least recently leaves first. One per worker, used by that
 * worker's thread only. Tenants share it, because a plan knows no tenant; a tenant that sends many
 * different statements can therefore push out another's plans, which costs time and nothing else.
 */
#ifndef POLICY_SQL_PLAN_CACHE_H
#define POLICY_SQL_PLAN_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "policy/sql/plan.h"
#include "protocol/siphash.h"

/* What a plan depends on besides the request itself. Two requests share a plan only if both are
 * equal, byte by byte. */
struct sql_plan_scope {
    uint64_t epoch;       /* of the snapshot that the environment lives in */
    uint64_t environment; /* which of its upstreams: any number that tells them apart */
};

struct sql_plan_cache_stats {
    uint64_t hits;
    uint64_t misses;
    uint64_t evictions;
    size_t num_plans;
    size_t bytes; /* of keys, plans and entries; never more than the bound */
};

struct sql_plan_cache;

/* An empty cache of at most max_bytes. hash_key: random, because peers choose the statements. */
struct sql_plan_cache *sql_plan_cache_new(size_t max_bytes, const struct siphash_key *hash_key);

/* Drops every plan and the cache, and clears the pointer; NULL is fine. Plans in use live on. */
void sql_plan_cache_free(struct sql_plan_cache **cache);

/* The plan of the request: a cached one, else a new one, which is then kept if it fits. Never
 * NULL; the caller owns one reference and returns it with sql_plan_unref. */
struct sql_plan *sql_plan_cache_get(struct sql_plan_cache *cache,
                                    const struct sql_plan_scope *scope,
                                    const struct sql_environment *env,
                                    const struct sql_request *request);

/* Drops every plan that is not of this epoch: its snapshot is gone, nobody will ask for it. */
void sql_plan_cache_keep_epoch(struct sql_plan_cache *cache, uint64_t epoch);

struct sql_plan_cache_stats sql_plan_cache_stats(const struct sql_plan_cache *cache);

#endif
