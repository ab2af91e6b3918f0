/* SPDX-License-Identifier: Apache-2.0
 *
 * One place decides who may do what: a command's right stands in verbs.def and is compared before
 * anything else happens. Whatever changes something is logged with its user. */
#include "proxy/console/run.h"

#include <stdarg.h>
#include <stdio.h>

#include "protocol/check.h"
#include "protocol/compiler.h"
#include "proxy/console/session.h"
#include "proxy/console/show.h"
#include "proxy/log.h"

static const struct console_show *const shows[CONSOLE_VERBS] = {
    [CONSOLE_SHOW_VERSION] = &console_show_version,
    [CONSOLE_SHOW_STATE] = &console_show_state,
    [CONSOLE_SHOW_CONFIG] = &console_show_config,
    [CONSOLE_SHOW_DATABASES] = &console_show_databases,
    [CONSOLE_SHOW_USERS] = &console_show_users,
    [CONSOLE_SHOW_TENANTS] = &console_show_tenants,
    [CONSOLE_SHOW_POOLS] = &console_show_pools,
    [CONSOLE_SHOW_LISTS] = &console_show_lists,
    [CONSOLE_SHOW_MEM] = &console_show_mem,
    [CONSOLE_SHOW_HELP] = &console_show_help,
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
    } else if (show == NULL) {
        act(&s->console->host, command->verb, out);
    } else {
        console_rows_begin(&out->rows);
        show->fill(s->console, &out->rows);
        console_rows_end(&out->rows);
        check(out->rows.num_values % show->num_columns == 0);
    }
}
