/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue of an upstream, read now, for a sub-command. */
#ifndef PROXY_CLI_LIVE_CATALOG_H
#define PROXY_CLI_LIVE_CATALOG_H

#include "protocol/compiler.h"
#include "proxy/cli/cli.h"

struct catalog;
struct snapshot;

/* Loads it over a link of its own; blocks until that is done or failed. upstream: its name, or
 * NULL when there is only one for postgres. Anything but CLI_DONE was said on standard error and
 * leaves NULL in *out; else the catalogue is the caller's. */
MUST_USE enum cli_status cli_live_catalog(struct snapshot *snapshot, const char *upstream,
                                          struct catalog **out);

#endif
