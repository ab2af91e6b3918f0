/* SPDX-License-Identifier: Apache-2.0
 *
 * How metrics.c keeps what metrics_text.c reads. For these two only. */
#ifndef PROXY_METRICS_DATA_H
#define PROXY_METRICS_DATA_H

#include <pthread.h>
#include <stdatomic.h>

#include "proxy/metrics.h"

/* Upper bounds of the buckets in microseconds; one more bucket takes the rest. */
#define METRICS_BUCKETS 16U
extern const int64_t metrics_bucket_us[METRICS_BUCKETS];

/* One writer, so an addition is a load and a store; atomic for the reader's sake. */
struct metrics_group {
    enum metric_scope scope;
    _Atomic int64_t counters[METRIC_COUNT];
};

struct metrics_histogram {
    _Atomic uint64_t buckets[METRICS_BUCKETS + 1];
    _Atomic uint64_t sum_us;
};

/* The names of one scope, in the order they came; slot most is `_other`. */
struct metrics_names {
    pthread_mutex_t lock;
    unsigned most;
    _Atomic unsigned num_names; /* written under the lock; those below it are constant */
    char **names;               /* owns each */
};

struct metrics_shard {
    struct metrics *metrics; /* borrows */
    struct metrics_group worker;
    struct metrics_group *_Atomic *groups[METRIC_SCOPE_COUNT]; /* owns; by slot, NULL until used */
    struct metrics_histogram durations[METRIC_DURATION_COUNT];
    int64_t window_start_us;         /* the worker's own */
    _Atomic int64_t window_max_us;   /* longest turn since window_start_us */
    _Atomic int64_t previous_max_us; /* and in the window before */
};

struct metrics {
    struct metrics_names names[METRIC_SCOPE_COUNT];
    unsigned num_shards;
    struct metrics_shard *shards; /* owns */
};

#endif
