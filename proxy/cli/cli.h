/* SPDX-License-Identifier: Apache-2.0
 *
 * The sub-commands that a person runs. argv[0] is the sub-command's
 * name. Each returns the exit status: 0 done, 1 failed, 2 bad usage or configuration. */
#ifndef PROXY_CLI_CLI_H
#define PROXY_CLI_CLI_H

struct server_parts;

enum cli_status { CLI_DONE, CLI_FAILED, CLI_USAGE };

/* `ringfence check -c FILE`: is the configuration right, and what does it amount to? environment:
 * the process's. */
int cli_check(int argc, char **argv, char *const *environment);

/* `ringfence serve -c FILE`. Ends when the proxy was told to stop. */
int cli_serve(int argc, char **argv, const struct server_parts *parts);

/* `ringfence catalog -c FILE [--upstream NAME]`: what an upstream's database holds, as JSON. */
int cli_catalog(int argc, char **argv, char *const *environment);

/* `ringfence policy sql|lint -c FILE [--upstream NAME]`: the DDL of row security for its database;
 * what in it tells tenants of each other (which exits with 2 for failed, 1 for findings). */
int cli_policy(int argc, char **argv, char *const *environment);

/* `ringfence version`: ours, and the libraries that are linked. */
int cli_version(int argc, char **argv);

#endif
