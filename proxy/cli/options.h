/* SPDX-License-Identifier: Apache-2.0
 *
 * What the sub-commands have in common: options, and loading the configuration for a person. */
#ifndef PROXY_CLI_OPTIONS_H
#define PROXY_CLI_OPTIONS_H

#include <stdbool.h>

struct snapshot;

struct cli_options {
    const char *config;   /* -c, required */
    const char *upstream; /* --upstream, if allowed; NULL when it was not given */
};

/* Reads the options. True: go on. False: *out_status is the exit status, since help was asked for
 * or the usage was wrong; the usage was printed. */
bool cli_options_read(int argc, char **argv, const char *usage, bool allows_upstream,
                      struct cli_options *out, int *out_status);

/* Does all that serve does with a configuration before it opens a socket. NULL when it is wrong:
 * said on standard error as `file:line:column: message`. The caller gets the reference. */
struct snapshot *cli_load(const char *path, char *const *environment);

#endif
