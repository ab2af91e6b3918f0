/* SPDX-License-Identifier: Apache-2.0
 *
 * check: does all that serve does with a configuration before it opens a socket, and prints the
 * outcome: the effective configuration on standard output, warnings on standard error. A fault is
 * one line, `file:line:column: message`, as compilers write it. Connects to nothing. */
#include <getopt.h>
#include <stdio.h>

#include "policy/config/load.h"
#include "policy/config/render.h"
#include "policy/snapshot.h"
#include "proxy/cli/cli.h"

static const char usage[] =
    "usage: ringfence check -c FILE\n"
    "  -c, --config FILE  the configuration to check; RINGFENCE_... variables override its keys\n"
    "prints the effective configuration, or `file:line:column: message` and exits with 2\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int print_fault(const struct config_error *error)
{
    char text[1024];
    config_error_print(error, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return CLI_USAGE;
}

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

static int check_file(const char *path, char *const *environment)
{
    struct config *config = NULL;
    struct snapshot *snapshot = NULL;
    struct config_error error = {0};
    if (config_load(path, environment, &config, &error) != CONFIG_OK ||
        snapshot_new(&config, 1, &snapshot, &error) != CONFIG_OK) {
        return print_fault(&error);
    }
    int status = print_config(snapshot_config(snapshot));
    snapshot_unref(&snapshot);
    return status;
}

int cli_check(int argc, char **argv, char *const *environment)
{
    const char *path = NULL;
    optind = 1;
    opterr = 0;
    for (int letter; (letter = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1;) {
        if (letter == 'h') {
            fputs(usage, stdout);
            return CLI_DONE;
        }
        if (letter != 'c' || path != NULL) {
            fputs(usage, stderr);
            return CLI_USAGE;
        }
        path = optarg;
    }
    if (path == NULL || optind != argc) {
        fputs(usage, stderr);
        return CLI_USAGE;
    }
    return check_file(path, environment);
}
