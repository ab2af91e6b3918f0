/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus text format 0.0.4, written with the C library's memory stream. Sums are read while
 * workers count, so two lines of a page may be a moment apart; a histogram's count is the sum of
 * its buckets, so one histogram always agrees with itself. Names are escaped although tenants and
 * upstreams are plain by their own rules. */
#include "proxy/metrics_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/check.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/metrics_data.h"

#define US_PER_SECOND INT64_C(1000000)

enum unit { UNIT_COUNT, UNIT_SECONDS };

/* One row of metrics.def: a family's head, or a series. */
struct row {
    const char *family; /* NULL for a series */
    const char *type;
    const char *help;
    enum unit unit;
    enum metric_scope scope;
    enum metric metric;
    const char *labels;
};

static const struct row rows[] = {
#define METRIC_FAMILY(id, family_type, family_unit, name, text) \
    {.family = (name), .type = #family_type, .help = (text), .unit = UNIT_##family_unit},
#define METRIC(series_scope, name, series_labels) \
    {.scope = METRIC_##series_scope, .metric = METRIC_##name, .labels = (series_labels)},
#include "proxy/metrics.def"
#undef METRIC
#undef METRIC_FAMILY
};

static const char *const label_names[METRIC_SCOPE_COUNT] = {
    [METRIC_WORKER] = "",
    [METRIC_TENANT] = "tenant",
    [METRIC_UPSTREAM] = "upstream",
    [METRIC_ENDPOINT] = "endpoint",
};

static const char *const durations[METRIC_DURATION_COUNT][2] = {
    [METRIC_QUERY_DURATION] = {"ringfence_query_duration_seconds",
                               "SQL messages, from arrival to the last answer."},
    [METRIC_COMMAND_DURATION] = {"ringfence_command_duration_seconds",
                                 "Redis commands, from arrival to the answer."},
    [METRIC_WAIT_DURATION] = {"ringfence_pool_wait_duration_seconds",
                              "Waits of sessions for a link."},
    [METRIC_LOGIN_DURATION] = {"ringfence_login_duration_seconds", "Logins, from accept to ready."},
};

static void put_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            fputs("\\n", out);
            continue;
        }
        if (*text == '"' || *text == '\\') {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
}

static void put_value(FILE *out, enum unit unit, int64_t value)
{
    if (unit == UNIT_COUNT) {
        fprintf(out, " %" PRId64 "\n", value);
    } else {
        fprintf(out, " %" PRId64 ".%06" PRId64 "\n", value / US_PER_SECOND, value % US_PER_SECOND);
    }
}

static void put_worker_series(FILE *out, struct metrics *m, const struct row *family,
                              const struct row *series)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < m->num_shards; i++) {
        sum += atomic_load_explicit(&m->shards[i].worker.counters[series->metric],
                                    memory_order_relaxed);
    }
    bool has_labels = series->labels[0] != '\0';
    fprintf(out, has_labels ? "%s{%s}" : "%s%s", family->family, series->labels);
    put_value(out, family->unit, sum);
}

/* The sum over the shards for one slot; false when no shard ever used it. */
static bool sum_of_slot(const struct metrics *m, enum metric_scope scope, unsigned slot,
                        enum metric metric, int64_t *out_sum)
{
    bool is_used = false;
    *out_sum = 0;
    for (unsigned i = 0; i < m->num_shards; i++) {
        const struct metrics_group *group =
            atomic_load_explicit(&m->shards[i].groups[scope][slot], memory_order_acquire);
        if (group != NULL) {
            is_used = true;
            *out_sum += atomic_load_explicit(&group->counters[metric], memory_order_relaxed);
        }
    }
    return is_used;
}

static void put_named_series(FILE *out, struct metrics *m, const struct row *family,
                             const struct row *series)
{
    const struct metrics_names *names = &m->names[series->scope];
    unsigned num = atomic_load(&names->num_names);
    for (unsigned slot = 0; slot <= names->most; slot++) {
        int64_t sum = 0;
        if ((slot >= num && slot < names->most) ||
            !sum_of_slot(m, series->scope, slot, series->metric, &sum)) {
            continue;
        }
        fprintf(out, "%s{%s=\"", family->family, label_names[series->scope]);
        put_escaped(out, slot == names->most ? "_other" : names->names[slot]);
        fprintf(out, "\"%s%s}", series->labels[0] != '\0' ? "," : "", series->labels);
        put_value(out, family->unit, sum);
    }
}

static void put_rows(FILE *out, struct metrics *m)
{
    const struct row *family = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].family != NULL) {
            family = &rows[i];
            put_head(out, family->family, family->type, family->help);
        } else if (rows[i].scope == METRIC_WORKER) {
            put_worker_series(out, m, family, &rows[i]);
        } else {
            put_named_series(out, m, family, &rows[i]);
        }
    }
}

static uint64_t bucket_sum(const struct metrics *m, unsigned duration, unsigned bucket)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < m->num_shards; i++) {
        sum += atomic_load_explicit(&m->shards[i].durations[duration].buckets[bucket],
                                    memory_order_relaxed);
    }
    return sum;
}

static int64_t duration_sum_us(const struct metrics *m, unsigned duration)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < m->num_shards; i++) {
        sum += atomic_load_explicit(&m->shards[i].durations[duration].sum_us, memory_order_relaxed);
    }
    return (int64_t)sum;
}

static void put_histogram(FILE *out, const struct metrics *m, unsigned duration)
{
    const char *name = durations[duration][0];
    uint64_t so_far = 0;
    put_head(out, name, "histogram", durations[duration][1]);
    for (unsigned i = 0; i < METRICS_BUCKETS; i++) {
        so_far += bucket_sum(m, duration, i);
        fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                (double)metrics_bucket_us[i] / (double)US_PER_SECOND, so_far);
    }
    so_far += bucket_sum(m, duration, METRICS_BUCKETS);
    fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum", name, so_far, name);
    put_value(out, UNIT_SECONDS, duration_sum_us(m, duration));
    fprintf(out, "%s_count %" PRIu64 "\n", name, so_far);
}

static void put_lag(FILE *out, const struct metrics *m)
{
    const char *name = "ringfence_loop_lag_max_seconds";
    put_head(out, name, "gauge", "The longest turn of each event loop in the last half minute.");
    for (unsigned i = 0; i < m->num_shards; i++) {
        int64_t now = atomic_load_explicit(&m->shards[i].window_max_us, memory_order_relaxed);
        int64_t before = atomic_load_explicit(&m->shards[i].previous_max_us, memory_order_relaxed);
        fprintf(out, "%s{loop=\"%u\"}", name, i);
        put_value(out, UNIT_SECONDS, now > before ? now : before);
    }
}

static void put_log(FILE *out)
{
    put_head(out, "ringfence_log_lines_lost_total", "counter",
             "Log lines that were not written: the reader was too slow, or repeats.");
    fprintf(out, "ringfence_log_lines_lost_total{reason=\"slow_reader\"} %" PRIu64 "\n",
            log_dropped());
    fprintf(out, "ringfence_log_lines_lost_total{reason=\"repeated\"} %" PRIu64 "\n",
            log_suppressed());
}

char *metrics_text(struct metrics *metrics, size_t *out_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, out_len);
    check(out != NULL);
    put_rows(out, metrics);
    for (unsigned i = 0; i < METRIC_DURATION_COUNT; i++) {
        put_histogram(out, metrics, i);
    }
    put_lag(out, metrics);
    put_log(out);
    check(fclose(out) == 0);
    return text;
}
