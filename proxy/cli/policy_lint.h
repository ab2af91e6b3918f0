/* SPDX-License-Identifier: Apache-2.0
 *
 * `ringfence policy lint`: what in an upstream's database tells tenants of each other. */
#ifndef PROXY_CLI_POLICY_LINT_H
#define PROXY_CLI_POLICY_LINT_H

struct cli_options;

/* Prints the findings. Returns the exit status: 0 there are none, 1 there are, 2 the database
 * could not be looked at (said on standard error). */
int cli_policy_lint(const struct cli_options *options, char *const *environment);

#endif
