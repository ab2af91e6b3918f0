/* SPDX-License-Identifier: Apache-2.0
 *
 * One place decides who may do what: a command's right stands in verbs.def and is compared before
 * anything else happens. Whatever changes something is logged with its user. */
#include "proxy/console/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/compiler.h"
#include "proxy/console/session.h"
#include "proxy/console/show.h"
#include "proxy/console/stats.h"
#include "proxy/console/tour.h"
#include "proxy/console/visits.h"
#include "proxy/log.h"

static const struct console_show *const shows[CONSOLE_VERBS] = {
    [CONSOLE_SHOW_VERSION] = &console_show_version,
    [CONSOLE_SHOW_STATE] = &console_show_state,
    [CONSOLE_SHOW_CONFIG] = &console_show_config,
    [CONSOLE_SHOW_DATABASES] = &console_show_databases,
    [CONSOLE_SHOW_USERS] = &console_show_users,
    [CONSOLE_SHOW_TENANTS] = &console_show_tenants,
    [CONSOLE_SHOW_POOLS] = &console_show_pools,
    [CONSOLE_SHOW_STATS] = &console_show_stats,
    [CONSOLE_SHOW_TOTALS] = &console_show_totals,
    [CONSOLE_SHOW_AVERAGES] = &console_show_averages,
    [CONSOLE_SHOW_CLIENTS] = &console_show_clients,
    [CONSOLE_SHOW_SERVERS] = &console_show_servers,
    [CONSOLE_SHOW_LISTS] = &console_show_lists,
    [CONSOLE_SHOW_MEM] = &console_show_mem,
    [CONSOLE_SHOW_HELP] = &console_show_help,
};

/* What the workers have to be asked or told. */
static tour_fn *const visits[CONSOLE_VERBS] = {
    [CONSOLE_SHOW_CLIENTS] = console_visit_clients, [CONSOLE_SHOW_SERVERS] = console_visit_servers,
    [CONSOLE_RECONNECT] = console_visit_reconnect,  [CONSOLE_KILL] = console_visit_kill,
    [CONSOLE_PAUSE] = console_visit_hold,           [CONSOLE_RESUME] = console_visit_hold,
    [CONSOLE_DISABLE] = console_visit_hold,         [CONSOLE_ENABLE] = console_visit_hold,
};

const struct console_show *console_show_of(enum console_verb verb)
{
    check(verb < CONSOLE_VERBS);
    return shows[verb];
}

static void refuse(struct console_result *out, const char *sqlstate, const char *message)
{
    out->sqlstate = sqlstate;
    snprintf(out->message, sizeof out->message, "%s", message);
}

static void shut_down(const struct console_host *host, enum console_end how)
{
    host->shut_down(host->context, how);
}

static void act(const struct console_host *host, enum console_verb verb, struct console_result *out)
{
    if (verb == CONSOLE_RELOAD) {
        if (!host->reload(host->context)) {
            refuse(out, "F0000", "the configuration is wrong; the log says where");
        }
    } else if (verb == CONSOLE_SHUTDOWN_CLIENTS) {
        shut_down(host, CONSOLE_END_CLIENTS);
    } else if (verb == CONSOLE_SHUTDOWN_SERVERS) {
        shut_down(host, CONSOLE_END_SERVERS);
    } else {
        check(verb == CONSOLE_SHUTDOWN);
        shut_down(host, CONSOLE_END_NOW);
    }
}

static bool has_tenant(const struct config *config, const char *id)
{
    for (size_t i = 0; i < config->num_tenants; i++) {
        if (strcmp(config->tenants[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether what the command names is there; says so otherwise. */
static bool is_known(const struct console_host *host, const struct console_command *command,
                     struct console_result *out)
{
    const struct config *config = snapshot_config(host->snapshot(host->context));
    if (command->name[0] == '\0') {
        return true;
    }
    if (command->is_tenant) {
        if (!has_tenant(config, command->name)) {
            refuse(out, "42704", "there is no such tenant");
        }
    } else {
        const struct config_upstream *upstream = config_upstream_find(config, command->name);
        if (upstream == NULL || upstream->protocol != CONFIG_POSTGRES) {
            refuse(out, "3D000", "there is no such database");
        }
    }
    return out->sqlstate == NULL;
}

void console_run(struct console_session *s, const struct console_command *command,
                 struct console_result *out)
{
    *out = (struct console_result){.sqlstate = NULL};
    const struct console_verb_facts *facts = console_verb_facts(command->verb);
    const struct console_show *show = shows[command->verb];
    enum config_right right = CONFIG_RIGHT_READ;
    if (!console_session_right(s, &right)) {
        console_session_fail(s, "28000", "this user may not use the console any more");
        refuse(out, "28000", "");
        return;
    }
    bool may = right == CONFIG_RIGHT_WRITE || facts->right == CONFIG_RIGHT_READ;
    if (facts->right == CONFIG_RIGHT_WRITE || !may) {
        log_event(LOG_CONSOLE_COMMAND, log_number("console", (int64_t)s->id),
                  log_text("user", s->user), log_text("command", facts->words),
                  log_text("name", command->name), log_text("allowed", may ? "yes" : "no"));
    }
    if (!may) {
        refuse(out, "42501", "permission denied: this user may only look");
    } else if (!is_known(&s->console->host, command, out)) {
        return;
    } else if (visits[command->verb] != NULL) {
        if (visits[command->verb] == console_visit_hold) {
            console_hold(&s->console->holds, command);
        }
        tour_begin(s, command, visits[command->verb]);
    } else if (show == NULL) {
        act(&s->console->host, command->verb, out);
    } else {
        console_rows_begin(&out->rows);
        show->fill(s->console, &out->rows);
        console_rows_end(&out->rows);
        check(out->rows.num_values % show->num_columns == 0);
    }
}
