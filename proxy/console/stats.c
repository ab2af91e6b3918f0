/* SPDX-License-Identifier: Apache-2.0
 *
 * SHOW STATS and its halves. Bytes and the messages of prepared statements are not counted by
 * upstream: NULL says so. Averages are per second, and of times per transaction, query or wait's
 * second, as PgBouncer has them. */
#include "proxy/console/stats.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/mem.h"
#include "proxy/console/session.h"
#include "proxy/console/show.h"
#include "proxy/metrics.h"
#include "proxy/net/owner.h"

#define PERIOD_US     INT64_C(60000000)
#define US_PER_SECOND INT64_C(1000000)

static const enum metric metrics[CONSOLE_STATS] = {
    [CONSOLE_STAT_ASSIGNMENTS] = METRIC_UPSTREAM_ASSIGNMENTS,
    [CONSOLE_STAT_TRANSACTIONS] = METRIC_UPSTREAM_TRANSACTIONS,
    [CONSOLE_STAT_QUERIES] = METRIC_UPSTREAM_QUERIES,
    [CONSOLE_STAT_TRANSACTION_US] = METRIC_UPSTREAM_TRANSACTION_US,
    [CONSOLE_STAT_QUERY_US] = METRIC_UPSTREAM_QUERY_US,
    [CONSOLE_STAT_WAIT_US] = METRIC_POOL_WAIT_US,
};

static void read_totals(const struct console *console, const char *upstream,
                        int64_t out[CONSOLE_STATS])
{
    for (int i = 0; i < CONSOLE_STATS; i++) {
        out[i] = metrics_sum(console->host.metrics, metrics[i], upstream);
    }
}

static void look_fini(struct console_look *look)
{
    for (size_t i = 0; i < look->num_totals; i++) {
        free(look->totals[i].upstream);
    }
    free(look->totals);
    *look = (struct console_look){.num_totals = 0};
}

static void take_look(const struct console *console, struct console_look *out)
{
    const struct config *config = snapshot_config(console->host.snapshot(console->host.context));
    out->at_us = console->worker->now_us;
    out->totals = mem_new_array(config->num_upstreams, sizeof *out->totals);
    for (size_t i = 0; i < config->num_upstreams; i++) {
        const char *name = config->upstreams[i].name;
        struct console_totals *totals = &out->totals[out->num_totals++];
        totals->upstream = mem_copy_string(name, strlen(name));
        read_totals(console, name, totals->values);
    }
}

static void on_tick(struct deadline *d)
{
    struct console *console = owner_of(d, struct console, stats.tick);
    struct console_stats *stats = &console->stats;
    look_fini(&stats->before);
    stats->before = stats->last;
    stats->last = (struct console_look){.num_totals = 0};
    take_look(console, &stats->last);
    deadline_arm(console->worker, d, console->worker->now_us + PERIOD_US);
}

void console_stats_init(struct console *console)
{
    deadline_init(&console->stats.tick, on_tick);
    take_look(console, &console->stats.before);
    take_look(console, &console->stats.last);
    deadline_arm(console->worker, &console->stats.tick, console->worker->now_us + PERIOD_US);
}

void console_stats_fini(struct console *console)
{
    deadline_disarm(&console->stats.tick);
    look_fini(&console->stats.before);
    look_fini(&console->stats.last);
}

static int64_t value_before(const struct console *console, const char *upstream,
                            enum console_stat stat)
{
    const struct console_look *look = &console->stats.before;
    for (size_t i = 0; i < look->num_totals; i++) {
        if (strcmp(look->totals[i].upstream, upstream) == 0) {
            return look->totals[i].values[stat];
        }
    }
    return 0; /* it is new */
}

static int64_t per(int64_t amount, int64_t of)
{
    return of > 0 ? amount / of : 0;
}

/* What came since the look before, by second or by piece. */
static void make_averages(const struct console *console, const char *upstream,
                          const int64_t totals[CONSOLE_STATS], int64_t out[CONSOLE_STATS])
{
    int64_t us = console->worker->now_us - console->stats.before.at_us;
    int64_t since[CONSOLE_STATS];
    for (int i = 0; i < CONSOLE_STATS; i++) {
        since[i] = totals[i] - value_before(console, upstream, (enum console_stat)i);
        out[i] = per(since[i] * US_PER_SECOND, us);
    }
    out[CONSOLE_STAT_TRANSACTION_US] =
        per(since[CONSOLE_STAT_TRANSACTION_US], since[CONSOLE_STAT_TRANSACTIONS]);
    out[CONSOLE_STAT_QUERY_US] = per(since[CONSOLE_STAT_QUERY_US], since[CONSOLE_STAT_QUERIES]);
}

/* The eleven columns that totals and averages both have. */
static void put_values(struct console_rows *rows, const int64_t values[CONSOLE_STATS])
{
    console_rows_number(rows, values[CONSOLE_STAT_ASSIGNMENTS]);
    console_rows_number(rows, values[CONSOLE_STAT_TRANSACTIONS]);
    console_rows_number(rows, values[CONSOLE_STAT_QUERIES]);
    console_rows_text(rows, NULL);
    console_rows_text(rows, NULL);
    console_rows_number(rows, values[CONSOLE_STAT_TRANSACTION_US]);
    console_rows_number(rows, values[CONSOLE_STAT_QUERY_US]);
    console_rows_number(rows, values[CONSOLE_STAT_WAIT_US]);
    console_rows_text(rows, NULL);
    console_rows_text(rows, NULL);
    console_rows_text(rows, NULL);
}

enum half { TOTALS = 1, AVERAGES = 2 };

static void fill(const struct console *console, struct console_rows *rows, unsigned halves)
{
    const struct config *config = snapshot_config(console->host.snapshot(console->host.context));
    for (size_t i = 0; i < config->num_upstreams; i++) {
        const struct config_upstream *u = &config->upstreams[i];
        int64_t totals[CONSOLE_STATS];
        int64_t averages[CONSOLE_STATS];
        if (u->protocol != CONFIG_POSTGRES) {
            continue;
        }
        read_totals(console, u->name, totals);
        make_averages(console, u->name, totals, averages);
        console_rows_text(rows, u->name);
        if ((halves & TOTALS) != 0) {
            put_values(rows, totals);
        }
        if ((halves & AVERAGES) != 0) {
            put_values(rows, averages);
        }
    }
}

static void fill_stats(const struct console *console, struct console_rows *rows)
{
    fill(console, rows, TOTALS | AVERAGES);
}

static void fill_totals(const struct console *console, struct console_rows *rows)
{
    fill(console, rows, TOTALS);
}

static void fill_averages(const struct console *console, struct console_rows *rows)
{
    fill(console, rows, AVERAGES);
}

/* The bytes are named otherwise in SHOW STATS than in its halves. */
#define VALUES(before, received, sent)                                                            \
    CONSOLE_NUMBER(before "server_assignment_count"), CONSOLE_NUMBER(before "xact_count"),        \
        CONSOLE_NUMBER(before "query_count"), CONSOLE_NUMBER(before received),                    \
        CONSOLE_NUMBER(before sent), CONSOLE_NUMBER(before "xact_time"),                          \
        CONSOLE_NUMBER(before "query_time"), CONSOLE_NUMBER(before "wait_time"),                  \
        CONSOLE_NUMBER(before "client_parse_count"), CONSOLE_NUMBER(before "server_parse_count"), \
        CONSOLE_NUMBER(before "bind_count")

static const struct console_column stats_columns[] = {
    CONSOLE_TEXT("database"), VALUES("total_", "received", "sent"), VALUES("avg_", "recv", "sent")};
static const struct console_column half_columns[] = {CONSOLE_TEXT("database"),
                                                     VALUES("", "bytes_received", "bytes_sent")};

const struct console_show console_show_stats = {CONSOLE_COLUMNS(stats_columns), .fill = fill_stats};
const struct console_show console_show_totals = {CONSOLE_COLUMNS(half_columns),
                                                 .fill = fill_totals};
const struct console_show console_show_averages = {CONSOLE_COLUMNS(half_columns),
                                                   .fill = fill_averages};
