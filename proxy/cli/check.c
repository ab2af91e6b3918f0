/* SPDX-License-Identifier: Apache-2.0
 *
 * check: does all that serve does with a configuration before it opens a socket, and prints the
 * outcome: the effective configuration on standard output, warnings on standard error. Connects to
 * nothing. */
#include <stdio.h>

#include "policy/config/render.h"
#include "policy/snapshot.h"
#include "proxy/cli/cli.h"
#include "proxy/cli/options.h"

static const char usage[] =
    "usage: ringfence check -c FILE\n"
    "  -c, --config FILE  the configuration to check; RINGFENCE_... variables override its keys\n"
    "prints the effective configuration, or `file:line:column: message` and exits with 2\n";

static int print_config(const struct config *config)
{
    for (size_t i = 0; i < config->num_warnings; i++) {
        fprintf(stderr, "warning: %s\n", config->warnings[i]);
    }
    config_render(config, stdout);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("ringfence: standard output");
        return CLI_FAILED;
    }
    return CLI_DONE;
}

int cli_check(int argc, char **argv, char *const *environment)
{
    struct cli_options options;
    int status = CLI_FAILED;
    if (!cli_options_read(argc, argv, usage, false, &options, &status)) {
        return status;
    }
    struct snapshot *snapshot = cli_load(options.config, environment);
    if (snapshot == NULL) {
        return CLI_USAGE;
    }
    status = print_config(snapshot_config(snapshot));
    snapshot_unref(&snapshot);
    return status;
}
