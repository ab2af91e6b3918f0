/* SPDX-License-Identifier: Apache-2.0
 *
 * What the newest configuration says. Secrets stand in files of their own, of which only names are
 * part of it; the passwords that were read from them are not looked at here. */
#include "proxy/console/show.h"

#include <stdio.h>

#include "policy/config/config.h"
#include "policy/config/keys.h"
#include "policy/config/values.h"
#include "policy/snapshot.h"
#include "proxy/console/session.h"
#include "proxy/metrics.h"

#define US_PER_SECOND INT64_C(1000000)

static const struct config *config_of(const struct console *console)
{
    return snapshot_config(console->host.snapshot(console->host.context));
}

static const char *mode_name(const struct config_upstream *upstream)
{
    return upstream->pool.mode == CONFIG_POOL_SESSION ? "session" : "transaction";
}

static void fill_version(const struct console *console, struct console_rows *rows)
{
    (void)console;
    console_rows_text(rows, "Ringfence " RF_VERSION);
}
static const struct console_column version_columns[] = {CONSOLE_TEXT("version")};
const struct console_show console_show_version = {CONSOLE_COLUMNS(version_columns),
                                                  .fill = fill_version};

static void fill_state(const struct console *console, struct console_rows *rows)
{
    bool is_serving = console->host.is_serving(console->host.context);
    const char *const state[][2] = {
        {"active", is_serving ? "yes" : "no"},
        {"paused", holds_any(&console->holds, HOLD_PAUSED) ? "yes" : "no"},
        {"suspended", "no"}};
    for (size_t i = 0; i < sizeof state / sizeof state[0]; i++) {
        console_rows_text(rows, state[i][0]);
        console_rows_text(rows, state[i][1]);
    }
}
static const struct console_column state_columns[] = {CONSOLE_TEXT("key"), CONSOLE_TEXT("value")};
const struct console_show console_show_state = {CONSOLE_COLUMNS(state_columns), .fill = fill_state};

static void put_setting(struct console_rows *rows, const char *name, const char *value,
                        const char *fallback, const char *is_changeable)
{
    console_rows_text(rows, name);
    console_rows_text(rows, value);
    console_rows_text(rows, fallback);
    console_rows_text(rows, is_changeable);
}

/* The keys of a section under their paths. */
static void put_section(struct console_rows *rows, enum section_id id, const void *values)
{
    const struct section *section = section_at(id);
    for (size_t i = 0; i < section->num_keys; i++) {
        const struct key *key = &section->keys[i];
        char name[128];
        char value[1024];
        bool is_there =
            value_print(&key->rule, (const char *)values + key->field, value, sizeof value);
        snprintf(name, sizeof name, "%s.%s", section->path, key->name);
        put_setting(rows, name, is_there ? value : NULL, key->fallback, "no");
    }
}

static void put_count(struct console_rows *rows, const char *name, uint32_t count)
{
    char text[16];
    snprintf(text, sizeof text, "%u", count);
    put_setting(rows, name, text, NULL, "no");
}

static void fill_config(const struct console *console, struct console_rows *rows)
{
    const struct config *config = config_of(console);
    put_count(rows, "max_client_conn", config->limits.sessions); /* what exporters look for */
    put_count(rows, "max_user_connections", config->limits.sessions_per_user);
    put_section(rows, SECTION_LIMITS, &config->limits);
    put_section(rows, SECTION_LOG, &config->log);
    put_section(rows, SECTION_ADMIN, config->admin);
}
static const struct console_column config_columns[] = {CONSOLE_TEXT("key"), CONSOLE_TEXT("value"),
                                                       CONSOLE_TEXT("default"),
                                                       CONSOLE_TEXT("changeable")};
const struct console_show console_show_config = {CONSOLE_COLUMNS(config_columns),
                                                 .fill = fill_config};

static int64_t links_of(const struct console *console, const char *upstream)
{
    return metrics_sum(console->host.metrics, METRIC_LINKS_IDLE, upstream) +
           metrics_sum(console->host.metrics, METRIC_LINKS_ACTIVE, upstream) +
           metrics_sum(console->host.metrics, METRIC_LINKS_CONNECTING, upstream);
}

static void put_database(const struct console *console, const struct config_upstream *u,
                         struct console_rows *rows)
{
    const struct config_address *first = &u->endpoints[0];
    console_rows_text(rows, u->name);
    console_rows_text(rows, first->is_unix ? first->path : first->host);
    console_rows_number(rows, first->port);
    console_rows_text(rows, u->database);
    console_rows_text(rows, u->user);
    console_rows_number(rows, u->pool.size);
    console_rows_number(rows, 0); /* links are opened when they are needed */
    console_rows_number(rows, 0);
    console_rows_number(rows, u->pool.lifetime_us / US_PER_SECOND);
    console_rows_text(rows, mode_name(u));
    console_rows_text(rows, NULL);
    console_rows_number(rows, u->pool.size);
    console_rows_number(rows, links_of(console, u->name));
    console_rows_number(rows, u->max_sessions);
    console_rows_number(rows,
                        metrics_sum(console->host.metrics, METRIC_UPSTREAM_SESSIONS, u->name));
    const struct hold_target target = {.name = slice_text(u->name)};
    console_rows_number(rows, holds_has(&console->holds, HOLD_PAUSED, target) ? 1 : 0);
    console_rows_number(rows, holds_has(&console->holds, HOLD_DISABLED, target) ? 1 : 0);
}

static void fill_databases(const struct console *console, struct console_rows *rows)
{
    const struct config *config = config_of(console);
    for (size_t i = 0; i < config->num_upstreams; i++) {
        if (config->upstreams[i].protocol == CONFIG_POSTGRES) {
            put_database(console, &config->upstreams[i], rows);
        }
    }
}
static const struct console_column database_columns[] = {
    CONSOLE_TEXT("name"),
    CONSOLE_TEXT("host"),
    CONSOLE_NUMBER("port"),
    CONSOLE_TEXT("database"),
    CONSOLE_TEXT("force_user"),
    CONSOLE_NUMBER("pool_size"),
    CONSOLE_NUMBER("min_pool_size"),
    CONSOLE_NUMBER("reserve_pool_size"),
    CONSOLE_NUMBER("server_lifetime"),
    CONSOLE_TEXT("pool_mode"),
    CONSOLE_TEXT("load_balance_hosts"),
    CONSOLE_NUMBER("max_connections"),
    CONSOLE_NUMBER("current_connections"),
    CONSOLE_NUMBER("max_client_connections"),
    CONSOLE_NUMBER("current_client_connections"),
    CONSOLE_NUMBER("paused"),
    CONSOLE_NUMBER("disabled"),
};
const struct console_show console_show_databases = {CONSOLE_COLUMNS(database_columns),
                                                    .fill = fill_databases};

static void put_user(const struct console *console, const struct config_upstream *u,
                     struct console_rows *rows)
{
    console_rows_text(rows, u->user);
    console_rows_number(rows, u->pool.size);
    console_rows_number(rows, 0);
    console_rows_text(rows, mode_name(u));
    console_rows_number(rows, u->pool.size);
    console_rows_number(rows, links_of(console, u->name));
    console_rows_number(rows, config_of(console)->limits.sessions_per_user);
    console_rows_number(rows,
                        metrics_sum(console->host.metrics, METRIC_UPSTREAM_SESSIONS, u->name));
}

static void fill_users(const struct console *console, struct console_rows *rows)
{
    const struct config *config = config_of(console);
    for (size_t i = 0; i < config->num_upstreams; i++) {
        if (config->upstreams[i].protocol == CONFIG_POSTGRES) {
            put_user(console, &config->upstreams[i], rows);
        }
    }
}
static const struct console_column user_columns[] = {
    CONSOLE_TEXT("name"),
    CONSOLE_NUMBER("pool_size"),
    CONSOLE_NUMBER("reserve_pool_size"),
    CONSOLE_TEXT("pool_mode"),
    CONSOLE_NUMBER("max_user_connections"),
    CONSOLE_NUMBER("current_connections"),
    CONSOLE_NUMBER("max_user_client_connections"),
    CONSOLE_NUMBER("current_client_connections"),
};
const struct console_show console_show_users = {CONSOLE_COLUMNS(user_columns), .fill = fill_users};

static void fill_help(const struct console *console, struct console_rows *rows)
{
    (void)console;
    static const char *const arguments[] = {[CONSOLE_NONE] = "",
                                            [CONSOLE_TARGET] = " name | TENANT id",
                                            [CONSOLE_ANY] = " [name | TENANT id]",
                                            [CONSOLE_DATABASE] = " [name]"};
    for (int verb = 0; verb < CONSOLE_VERBS; verb++) {
        const struct console_verb_facts *facts = console_verb_facts((enum console_verb)verb);
        char text[128];
        snprintf(text, sizeof text, "%s%s", facts->words, arguments[facts->argument]);
        console_rows_text(rows, text);
        console_rows_text(rows, facts->right == CONFIG_RIGHT_WRITE ? "write" : "read");
        console_rows_text(rows, facts->meaning);
    }
}
static const struct console_column help_columns[] = {CONSOLE_TEXT("command"), CONSOLE_TEXT("right"),
                                                     CONSOLE_TEXT("meaning")};
const struct console_show console_show_help = {CONSOLE_COLUMNS(help_columns), .fill = fill_help};
