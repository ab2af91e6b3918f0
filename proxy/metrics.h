/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters. Each worker has a shard that it alone writes; a scrape sums the shards. Tenants and
 * upstreams have a group of counters in each shard, at most METRICS_MOST_TENANTS: the rest
 * share the group `_other`. Groups live as long as the metrics: look one up once per session or
 * link, then count with metrics_add(). Counting into NULL does nothing, so tests need no metrics.
 */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

#define METRICS_MOST_TENANTS   1000U
#define METRICS_MOST_UPSTREAMS 256U /* one for each pool of an upstream */
#define METRICS_MOST_ENDPOINTS 1024U

enum metric {
#define METRIC_FAMILY(family, type, unit, name, help)
#define METRIC(scope, name, labels) METRIC_##name,
#include "proxy/metrics.def"
#undef METRIC
#undef METRIC_FAMILY
    METRIC_COUNT
};

enum metric_scope {
    METRIC_WORKER,
    METRIC_TENANT,
    METRIC_UPSTREAM,
    METRIC_ENDPOINT,
    METRIC_SCOPE_COUNT
};

/* Durations, in microseconds; each is a histogram with fixed buckets per shard. */
enum metric_duration {
    METRIC_QUERY_DURATION,   /* a SQL message, from its arrival to its last answer */
    METRIC_COMMAND_DURATION, /* a Redis command, likewise */
    METRIC_WAIT_DURATION,    /* a session's wait for a link */
    METRIC_LOGIN_DURATION,   /* from accept to a finished login */
    METRIC_DURATION_COUNT
};

struct metrics;
struct metrics_shard;
struct metrics_group;

/* Shards 0 to num_shards - 1. */
struct metrics *metrics_new(unsigned num_shards);
void metrics_free(struct metrics **metrics);

/* A worker's own counters; its shard is the one with its index. Both borrow from metrics. */
struct metrics_shard *metrics_shard(struct metrics *metrics, unsigned index);
struct metrics_group *metrics_worker(struct metrics_shard *shard); /* NULL for NULL */

/* The shard's counters of a tenant, upstream or endpoint; NULL for NULL. Takes a lock: not per
 * message. */
struct metrics_group *metrics_tenant(struct metrics_shard *shard, struct slice tenant);
struct metrics_group *metrics_upstream(struct metrics_shard *shard, const char *upstream);
struct metrics_group *metrics_endpoint(struct metrics_shard *shard, const char *endpoint);

/* Adds to a counter or gauge of the group, which must be of the metric's scope. */
void metrics_add(struct metrics_group *group, enum metric metric, int64_t amount);

/* A counter's sum over all shards: of one tenant or upstream, or of all for NULL. Any thread; a
 * name that nobody counts for has 0. */
int64_t metrics_sum(struct metrics *metrics, enum metric metric, const char *name);

/* One more duration. */
void metrics_observe(struct metrics_shard *shard, enum metric_duration duration, int64_t us);

/* For the worker: a turn that began at now_us took busy_us. */
void metrics_count_turn(struct metrics_shard *shard, int64_t now_us, int64_t busy_us);

#endif
