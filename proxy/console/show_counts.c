/* SPDX-License-Identifier: Apache-2.0
 *
 * What the counters say, summed over the workers while they count: two values of a row may be a
 * moment apart. */
#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "proxy/console/session.h"
#include "proxy/console/show.h"
#include "proxy/metrics.h"

static const struct config *config_of(const struct console *console)
{
    return snapshot_config(console->host.snapshot(console->host.context));
}

static int64_t sum(const struct console *console, enum metric metric, const char *name)
{
    return metrics_sum(console->host.metrics, metric, name);
}

static void put_sum(const struct console *console, struct console_rows *rows, enum metric metric,
                    const char *name)
{
    console_rows_number(rows, sum(console, metric, name));
}

static int64_t queries_of(const struct console *console, const char *tenant)
{
    return sum(console, METRIC_QUERIES_FORWARDED, tenant) +
           sum(console, METRIC_QUERIES_REWRITTEN, tenant) +
           sum(console, METRIC_QUERIES_LOCAL, tenant);
}

/* What holds it up most. */
static const char *state_of(const struct console *console, const struct config_tenant *tenant)
{
    const struct hold_target target = {.is_tenant = true, .name = slice_text(tenant->id)};
    if (tenant->state != TENANT_ACTIVE) {
        return "suspended";
    }
    if (holds_has(&console->holds, HOLD_DISABLED, target)) {
        return "disabled";
    }
    return holds_has(&console->holds, HOLD_PAUSED, target) ? "paused" : "active";
}

static void fill_tenants(const struct console *console, struct console_rows *rows)
{
    const struct config *config = config_of(console);
    for (size_t i = 0; i < config->num_tenants; i++) {
        const char *id = config->tenants[i].id;
        console_rows_text(rows, id);
        console_rows_text(rows, state_of(console, &config->tenants[i]));
        put_sum(console, rows, METRIC_SESSIONS_POSTGRES, id);
        put_sum(console, rows, METRIC_SESSIONS_REDIS, id);
        put_sum(console, rows, METRIC_SESSIONS_PINNED, id);
        put_sum(console, rows, METRIC_TRANSACTIONS, id);
        console_rows_number(rows, queries_of(console, id));
        put_sum(console, rows, METRIC_QUERIES_REFUSED, id);
        put_sum(console, rows, METRIC_BYTES_RECEIVED, id);
        put_sum(console, rows, METRIC_BYTES_SENT, id);
    }
}
static const struct console_column tenant_columns[] = {
    CONSOLE_TEXT("tenant"),
    CONSOLE_TEXT("state"),
    CONSOLE_NUMBER("cl_postgres"),
    CONSOLE_NUMBER("cl_redis"),
    CONSOLE_NUMBER("cl_pinned"),
    CONSOLE_NUMBER("total_xact_count"),
    CONSOLE_NUMBER("total_query_count"),
    CONSOLE_NUMBER("total_refused_count"),
    CONSOLE_NUMBER("total_received"),
    CONSOLE_NUMBER("total_sent"),
};
const struct console_show console_show_tenants = {CONSOLE_COLUMNS(tenant_columns),
                                                  .fill = fill_tenants};

static void put_pool(const struct console *console, const struct config_upstream *u,
                     struct console_rows *rows)
{
    int64_t waiting = sum(console, METRIC_POOL_WAITING, u->name);
    int64_t sessions = sum(console, METRIC_UPSTREAM_SESSIONS, u->name);
    console_rows_text(rows, u->name);
    console_rows_text(rows, u->user);
    console_rows_number(rows, sessions > waiting ? sessions - waiting : 0);
    console_rows_number(rows, waiting);
    console_rows_number(rows, 0); /* cancel requests are not kept waiting */
    console_rows_number(rows, 0);
    put_sum(console, rows, METRIC_LINKS_ACTIVE, u->name);
    console_rows_number(rows, 0);
    console_rows_number(rows, 0);
    put_sum(console, rows, METRIC_LINKS_IDLE, u->name);
    console_rows_number(rows, 0);
    console_rows_number(rows, 0);
    put_sum(console, rows, METRIC_LINKS_CONNECTING, u->name);
    console_rows_text(rows, NULL); /* the longest wait: SHOW CLIENTS has each */
    console_rows_text(rows, NULL);
    console_rows_text(rows, u->pool.mode == CONFIG_POOL_SESSION ? "session" : "transaction");
    console_rows_text(rows, NULL);
}

static void fill_pools(const struct console *console, struct console_rows *rows)
{
    const struct config *config = config_of(console);
    for (size_t i = 0; i < config->num_upstreams; i++) {
        if (config->upstreams[i].protocol == CONFIG_POSTGRES) {
            put_pool(console, &config->upstreams[i], rows);
        }
    }
}
static const struct console_column pool_columns[] = {
    CONSOLE_TEXT("database"),
    CONSOLE_TEXT("user"),
    CONSOLE_NUMBER("cl_active"),
    CONSOLE_NUMBER("cl_waiting"),
    CONSOLE_NUMBER("cl_active_cancel_req"),
    CONSOLE_NUMBER("cl_waiting_cancel_req"),
    CONSOLE_NUMBER("sv_active"),
    CONSOLE_NUMBER("sv_active_cancel"),
    CONSOLE_NUMBER("sv_being_canceled"),
    CONSOLE_NUMBER("sv_idle"),
    CONSOLE_NUMBER("sv_used"),
    CONSOLE_NUMBER("sv_tested"),
    CONSOLE_NUMBER("sv_login"),
    CONSOLE_NUMBER("maxwait"),
    CONSOLE_NUMBER("maxwait_us"),
    CONSOLE_TEXT("pool_mode"),
    CONSOLE_TEXT("load_balance_hosts"),
};
const struct console_show console_show_pools = {CONSOLE_COLUMNS(pool_columns), .fill = fill_pools};

static void put_list(struct console_rows *rows, const char *name, int64_t number)
{
    console_rows_text(rows, name);
    console_rows_number(rows, number);
}

static void fill_lists(const struct console *console, struct console_rows *rows)
{
    const struct config *config = config_of(console);
    int64_t databases = 0;
    for (size_t i = 0; i < config->num_upstreams; i++) {
        databases += config->upstreams[i].protocol == CONFIG_POSTGRES ? 1 : 0;
    }
    put_list(rows, "databases", databases);
    put_list(rows, "users", databases);
    put_list(rows, "pools", databases);
    put_list(rows, "free_clients", 0); /* nothing is kept for clients to come */
    put_list(rows, "used_clients", sum(console, METRIC_UPSTREAM_SESSIONS, NULL));
    put_list(rows, "login_clients", 0);
    put_list(rows, "free_servers", sum(console, METRIC_LINKS_IDLE, NULL));
    put_list(rows, "used_servers", sum(console, METRIC_LINKS_ACTIVE, NULL));
    put_list(rows, "dns_names", 0);
    put_list(rows, "dns_zones", 0);
    put_list(rows, "dns_queries", 0);
    put_list(rows, "dns_pending", 0);
    put_list(rows, "tenants", (int64_t)config->num_tenants);
}
static const struct console_column list_columns[] = {CONSOLE_TEXT("list"), CONSOLE_NUMBER("items")};
const struct console_show console_show_lists = {CONSOLE_COLUMNS(list_columns), .fill = fill_lists};

static void put_memory(struct console_rows *rows, const char *name, int64_t number, int64_t bytes)
{
    console_rows_text(rows, name);
    console_rows_number(rows, number);
    console_rows_number(rows, bytes);
    console_rows_number(rows, 0);
    console_rows_number(rows, bytes);
}

static void fill_mem(const struct console *console, struct console_rows *rows)
{
    put_memory(rows, "plan_cache", 1, sum(console, METRIC_PLAN_CACHE_BYTES, NULL));
    put_memory(rows, "prepared_statements", sum(console, METRIC_STATEMENTS, NULL),
               sum(console, METRIC_STATEMENT_BYTES, NULL));
}
static const struct console_column mem_columns[] = {CONSOLE_TEXT("name"), CONSOLE_NUMBER("size"),
                                                    CONSOLE_NUMBER("used"), CONSOLE_NUMBER("free"),
                                                    CONSOLE_NUMBER("memtotal")};
const struct console_show console_show_mem = {CONSOLE_COLUMNS(mem_columns), .fill = fill_mem};
