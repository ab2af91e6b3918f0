/* SPDX-License-Identifier: Apache-2.0
 *
 * Options and configuration of a sub-command. A fault is one line, as compilers write it. Main
 * thread; getopt's state is the C library's, so it is reset here. */
#include "proxy/cli/options.h"

#include <getopt.h>
#include <stdio.h>

#include "policy/config/load.h"
#include "policy/snapshot.h"
#include "proxy/net/encryption.h"
#include "proxy/cli/cli.h"

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"upstream", required_argument, NULL, 'u'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool stop_with(enum cli_status status, const char *usage, int *out_status)
{
    fputs(usage, status == CLI_DONE ? stdout : stderr);
    *out_status = (int)status;
    return false;
}

bool cli_options_read(int argc, char **argv, const char *usage, bool allows_upstream,
                      struct cli_options *out, int *out_status)
{
    *out = (struct cli_options){0};
    optind = 1;
    opterr = 0;
    for (int letter; (letter = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1;) {
        if (letter == 'h') {
            return stop_with(CLI_DONE, usage, out_status);
        }
        if (letter == 'c' && out->config == NULL) {
            out->config = optarg;
        } else if (letter == 'u' && allows_upstream && out->upstream == NULL) {
            out->upstream = optarg;
        } else {
            return stop_with(CLI_USAGE, usage, out_status);
        }
    }
    if (out->config == NULL || optind != argc) {
        return stop_with(CLI_USAGE, usage, out_status);
    }
    return true;
}

struct snapshot *cli_load(const char *path, char *const *environment)
{
    struct config *config = NULL;
    struct snapshot *snapshot = NULL;
    struct config_error error = {0};
    if (config_load(path, environment, &config, &error) != CONFIG_OK ||
        snapshot_new(&config, 1, &snapshot, &error) != CONFIG_OK ||
        encryption_load(snapshot, &error) != CONFIG_OK) {
        char text[1024];
        config_error_print(&error, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        snapshot_unref(&snapshot);
    }
    return snapshot;
}
