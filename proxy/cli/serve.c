/* SPDX-License-Identifier: Apache-2.0
 *
 * serve: prepares the process and runs the server. As many descriptors as the system allows; no
 * core dump and no tracer, since the memory holds secrets of many tenants. A wrong configuration
 * is written for a person, before the log's format is known. */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "policy/snapshot.h"
#include "proxy/cli/cli.h"
#include "proxy/cli/options.h"
#include "proxy/log.h"
#include "proxy/reload.h"
#include "proxy/server.h"

static const char usage[] =
    "usage: ringfence serve -c FILE\n"
    "  -c, --config FILE  the configuration; RINGFENCE_... variables override its keys\n"
    "SIGTERM lets clients end first, SIGINT transactions, SIGQUIT stops at once, SIGHUP reads FILE "
    "again\n";

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void forbid_dumps(void)
{
    const struct rlimit none = {0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, RF_DUMPABLE);
}

int cli_serve(int argc, char **argv, const struct server_parts *parts)
{
    struct cli_options options;
    int status = CLI_FAILED;
    if (!cli_options_read(argc, argv, usage, false, &options, &status)) {
        return status;
    }
    raise_descriptor_limit();
    forbid_dumps();
    struct snapshot *snapshot = cli_load(options.config, parts->environment);
    if (snapshot == NULL) {
        return CLI_USAGE;
    }
    reload_configure_log(snapshot_config(snapshot));
    log_event(LOG_STARTED, log_text("config", options.config));
    struct server *server = server_new(parts, snapshot);
    snapshot_unref(&snapshot);
    if (server != NULL) {
        status = server_run(server) == 0 ? CLI_DONE : CLI_FAILED;
    }
    server_free(&server);
    return status;
}
