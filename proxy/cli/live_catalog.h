/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue of an upstream, read now, for a sub-command. */
#ifndef PROXY_CLI_LIVE_CATALOG_H
#define PROXY_CLI_LIVE_CATALOG_H

#include <stdbool.h>

#include "protocol/compiler.h"
#include "proxy/cli/cli.h"

struct catalog;
struct config_upstream;
struct snapshot;

/* The postgres upstream of that name, or with NULL the only one. NULL: there is none, or several,
 * or no isolation.row; said on standard error. Borrows from the snapshot. */
const struct config_upstream *cli_live_upstream(const struct snapshot *snapshot, const char *name);

/* Its catalogue, read over a link of its own; blocks until that is done or failed. False: said on
 * standard error, and *out is NULL; else the catalogue is the caller's. */
MUST_USE bool cli_live_read(struct snapshot *snapshot, const struct config_upstream *upstream,
                            struct catalog **out);

/* Both, and isolation is sound on it, else it fails as well. Anything but CLI_DONE was said on
 * standard error and leaves NULL in *out; else the catalogue is the caller's. */
MUST_USE enum cli_status cli_live_catalog(struct snapshot *snapshot, const char *upstream,
                                          struct catalog **out);

#endif
