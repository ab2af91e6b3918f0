/* SPDX-License-Identifier: Apache-2.0
 *
 * Totals of each upstream, and what they were a while ago, for averages. */
#ifndef PROXY_CONSOLE_STATS_H
#define PROXY_CONSOLE_STATS_H

#include "proxy/console/run.h"
#include "proxy/net/deadline.h"

enum console_stat {
    CONSOLE_STAT_ASSIGNMENTS, /* of links to sessions */
    CONSOLE_STAT_TRANSACTIONS,
    CONSOLE_STAT_QUERIES,
    CONSOLE_STAT_TRANSACTION_US,
    CONSOLE_STAT_QUERY_US,
    CONSOLE_STAT_WAIT_US,
    CONSOLE_STATS
};

struct console_totals {
    char *upstream; /* owns */
    int64_t values[CONSOLE_STATS];
};

/* One look at all upstreams. */
struct console_look {
    int64_t at_us;
    struct console_totals *totals; /* owns */
    size_t num_totals;
};

/* Averages are over the time since the look before the last: one to two minutes. */
struct console_stats {
    struct console_look before;
    struct console_look last;
    struct deadline tick;
};

struct console;

void console_stats_init(struct console *console);
void console_stats_fini(struct console *console);

extern const struct console_show console_show_stats;
extern const struct console_show console_show_totals;
extern const struct console_show console_show_averages;

#endif
