/* SPDX-License-Identifier: Apache-2.0
 *
 * Prepares the process and runs the server: as many descriptors as the system allows, no core
 * dump and no tracer, since the memory holds secrets of many tenants. A wrong configuration is
 * written for a person, before the log's format is known. */
#include "proxy/cli_serve.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "policy/snapshot.h"
#include "proxy/log.h"
#include "proxy/reload.h"
#include "proxy/server.h"

#define EXIT_USAGE 2

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

static int fail_with(const struct config_error *error)
{
    char text[sizeof *error];
    config_error_print(error, text, sizeof text);
    fprintf(stderr, "ringfence: %s\n", text);
    return EXIT_USAGE;
}

static int serve(const char *path, const struct server_parts *parts)
{
    struct config *config = NULL;
    struct snapshot *snapshot = NULL;
    struct config_error error = {0};
    if (config_load(path, parts->environment, &config, &error) != CONFIG_OK ||
        snapshot_new(&config, 1, &snapshot, &error) != CONFIG_OK) {
        return fail_with(&error);
    }
    reload_configure_log(snapshot_config(snapshot));
    log_event(LOG_STARTED, log_text("config", path));
    struct server *server = server_new(parts, snapshot);
    snapshot_unref(&snapshot);
    int result = server != NULL ? server_run(server) : 1;
    server_free(&server);
    return result;
}

int cli_serve(int argc, char **argv, const struct server_parts *parts)
{
    if (argc != 2 || (strcmp(argv[0], "-c") != 0 && strcmp(argv[0], "--config") != 0)) {
        fputs("usage: ringfence serve -c FILE\n", stderr);
        return EXIT_USAGE;
    }
    raise_descriptor_limit();
    forbid_dumps();
    return serve(argv[1], parts);
}
