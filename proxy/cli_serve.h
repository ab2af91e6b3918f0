/* SPDX-License-Identifier: Apache-2.0
 *
 * `ringfence serve -c FILE`. */
#ifndef PROXY_CLI_SERVE_H
#define PROXY_CLI_SERVE_H

struct server_parts;

/* Arguments after the sub-command's name. 0 stopped as told, 1 could not start, 2 bad usage or
 * configuration. Blocks until the proxy has stopped. */
int cli_serve(int argc, char **argv, const struct server_parts *parts);

#endif
