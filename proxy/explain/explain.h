/* SPDX-License-Identifier: Apache-2.0
 *
 * `ringfence explain`: what would become of one statement or command of one tenant, and why,
 * without sending it anywhere. The same choke point that a session uses answers. */
#ifndef PROXY_EXPLAIN_EXPLAIN_H
#define PROXY_EXPLAIN_EXPLAIN_H

#include <stdio.h>

/* Runs the sub-command; argv[0] is its name. Returns the exit status: 0 explained (whatever the
 * verdict), 1 failed, 2 bad usage or configuration. */
int explain_command(int argc, char **argv, char *const *environment, FILE *out, FILE *err);

#endif
