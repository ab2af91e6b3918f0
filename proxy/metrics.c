/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting. A shard has one writer, its worker, so an addition is a relaxed load and a relaxed
 * store. Names (tenants, upstreams) get a slot once, under a lock that sessions take at login;
 * a shard's group for a slot is made by the worker that first counts there and published with
 * release order. Nothing is ever removed, which the cap on names makes affordable. */
#include "proxy/metrics.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/metrics_data.h"

#define MAX_WINDOW_US INT64_C(15000000) /* the largest lag shown is 15 to 30 seconds old */

const int64_t metrics_bucket_us[METRICS_BUCKETS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

static const enum metric_scope scopes[METRIC_COUNT] = {
#define METRIC_FAMILY(family, type, unit, name, help)
#define METRIC(scope, name, labels) [METRIC_##name] = METRIC_##scope,
#include "proxy/metrics.def"
#undef METRIC
#undef METRIC_FAMILY
};

/* How many names a scope has at most; _other comes on top. */
static const unsigned most_names[METRIC_SCOPE_COUNT] = {
    [METRIC_TENANT] = METRICS_MOST_TENANTS,
    [METRIC_UPSTREAM] = METRICS_MOST_UPSTREAMS,
    [METRIC_ENDPOINT] = METRICS_MOST_ENDPOINTS,
};

static void names_init(struct metrics_names *names, unsigned most)
{
    check(pthread_mutex_init(&names->lock, NULL) == 0);
    names->most = most;
    names->names = mem_new_array(most, sizeof(char *));
}

static void names_fini(struct metrics_names *names)
{
    for (unsigned i = 0; i < atomic_load(&names->num_names); i++) {
        free(names->names[i]);
    }
    free(names->names);
    check(pthread_mutex_destroy(&names->lock) == 0);
}

/* The name's slot; a new one as long as there are any, else `most`, which is _other. */
static unsigned names_slot(struct metrics_names *names, struct slice name)
{
    check(pthread_mutex_lock(&names->lock) == 0);
    unsigned num = atomic_load(&names->num_names);
    unsigned slot = 0;
    while (slot < num && !slice_equal(slice_text(names->names[slot]), name)) {
        slot++;
    }
    if (slot == num && num < names->most) {
        names->names[slot] = mem_copy_string((const char *)name.ptr, name.len);
        atomic_store(&names->num_names, num + 1);
    }
    check(pthread_mutex_unlock(&names->lock) == 0);
    return slot;
}

struct metrics *metrics_new(unsigned num_shards)
{
    struct metrics *metrics = mem_new(sizeof *metrics);
    metrics->num_shards = num_shards;
    metrics->shards = mem_new_array(num_shards, sizeof *metrics->shards);
    for (int scope = 0; scope < METRIC_SCOPE_COUNT; scope++) {
        names_init(&metrics->names[scope], most_names[scope]);
    }
    for (unsigned i = 0; i < num_shards; i++) {
        struct metrics_shard *shard = &metrics->shards[i];
        shard->metrics = metrics;
        shard->worker.scope = METRIC_WORKER;
        for (int scope = 0; scope < METRIC_SCOPE_COUNT; scope++) {
            shard->groups[scope] =
                mem_new_array(most_names[scope] + 1, sizeof(struct metrics_group *));
        }
    }
    return metrics;
}

static void shard_fini(struct metrics_shard *shard)
{
    for (int scope = 0; scope < METRIC_SCOPE_COUNT; scope++) {
        for (unsigned slot = 0; slot <= most_names[scope]; slot++) {
            free(atomic_load(&shard->groups[scope][slot]));
        }
        free(shard->groups[scope]);
    }
}

void metrics_free(struct metrics **metrics)
{
    struct metrics *m = *metrics;
    *metrics = NULL;
    if (m == NULL) {
        return;
    }
    for (unsigned i = 0; i < m->num_shards; i++) {
        shard_fini(&m->shards[i]);
    }
    for (int scope = 0; scope < METRIC_SCOPE_COUNT; scope++) {
        names_fini(&m->names[scope]);
    }
    free(m->shards);
    free(m);
}

struct metrics_shard *metrics_shard(struct metrics *metrics, unsigned index)
{
    check(index < metrics->num_shards);
    return &metrics->shards[index];
}

struct metrics_group *metrics_worker(struct metrics_shard *shard)
{
    return shard != NULL ? &shard->worker : NULL;
}

static struct metrics_group *group_of(struct metrics_shard *shard, enum metric_scope scope,
                                      struct slice name)
{
    if (shard == NULL) {
        return NULL;
    }
    unsigned slot = names_slot(&shard->metrics->names[scope], name);
    struct metrics_group *group = atomic_load(&shard->groups[scope][slot]);
    if (group == NULL) {
        group = mem_new(sizeof *group);
        group->scope = scope;
        atomic_store_explicit(&shard->groups[scope][slot], group, memory_order_release);
    }
    return group;
}

struct metrics_group *metrics_tenant(struct metrics_shard *shard, struct slice tenant)
{
    return group_of(shard, METRIC_TENANT, tenant);
}

struct metrics_group *metrics_upstream(struct metrics_shard *shard, const char *upstream)
{
    return group_of(shard, METRIC_UPSTREAM, slice_text(upstream));
}

struct metrics_group *metrics_endpoint(struct metrics_shard *shard, const char *endpoint)
{
    return group_of(shard, METRIC_ENDPOINT, slice_text(endpoint));
}

void metrics_add(struct metrics_group *group, enum metric metric, int64_t amount)
{
    if (group == NULL) {
        return;
    }
    check(metric < METRIC_COUNT && scopes[metric] == group->scope);
    _Atomic int64_t *counter = &group->counters[metric];
    int64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + amount, memory_order_relaxed);
}

/* Of one group; NULL has none. */
static int64_t count_of(const struct metrics_group *group, enum metric metric)
{
    return group == NULL ? 0 : atomic_load_explicit(&group->counters[metric], memory_order_relaxed);
}

static int64_t sum_slots(const struct metrics_shard *shard, enum metric metric, const char *name)
{
    enum metric_scope scope = scopes[metric];
    const struct metrics_names *names = &shard->metrics->names[scope];
    unsigned num_names = atomic_load(&names->num_names);
    int64_t sum = 0;
    for (unsigned slot = 0; slot <= names->most; slot++) {
        bool is_other = slot == names->most;
        if (!is_other && slot >= num_names) {
            continue;
        }
        if (name == NULL || (!is_other && strcmp(names->names[slot], name) == 0)) {
            sum += count_of(atomic_load(&shard->groups[scope][slot]), metric);
        }
    }
    return sum;
}

int64_t metrics_sum(struct metrics *metrics, enum metric metric, const char *name)
{
    check(metric < METRIC_COUNT);
    int64_t sum = 0;
    for (unsigned i = 0; i < metrics->num_shards; i++) {
        const struct metrics_shard *shard = &metrics->shards[i];
        sum += scopes[metric] == METRIC_WORKER ? count_of(&shard->worker, metric)
                                               : sum_slots(shard, metric, name);
    }
    return sum;
}

static void add_relaxed(_Atomic uint64_t *counter, uint64_t amount)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + amount, memory_order_relaxed);
}

void metrics_observe(struct metrics_shard *shard, enum metric_duration duration, int64_t us)
{
    if (shard == NULL) {
        return;
    }
    check(duration < METRIC_DURATION_COUNT);
    unsigned bucket = 0;
    while (bucket < METRICS_BUCKETS && us > metrics_bucket_us[bucket]) {
        bucket++;
    }
    add_relaxed(&shard->durations[duration].buckets[bucket], 1);
    add_relaxed(&shard->durations[duration].sum_us, us > 0 ? (uint64_t)us : 0);
}

void metrics_count_turn(struct metrics_shard *shard, int64_t now_us, int64_t busy_us)
{
    metrics_add(&shard->worker, METRIC_LOOP_TURNS, 1);
    metrics_add(&shard->worker, METRIC_LOOP_BUSY_US, busy_us);
    int64_t max_us = atomic_load_explicit(&shard->window_max_us, memory_order_relaxed);
    if (now_us - shard->window_start_us > MAX_WINDOW_US) {
        shard->window_start_us = now_us;
        atomic_store_explicit(&shard->previous_max_us, max_us, memory_order_relaxed);
        max_us = -1;
    }
    if (busy_us > max_us) {
        atomic_store_explicit(&shard->window_max_us, busy_us, memory_order_relaxed);
    }
}
