/* SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL, as the rest of the program has it: the hooks a worker calls, and how the catalogue
 * of an upstream is read. */
#ifndef PROXY_PG_PG_H
#define PROXY_PG_PG_H

#include <stddef.h>

#include "protocol/compiler.h"

struct catalog;
struct catalog_load_ops;
struct config_upstream;
struct protocol_ops;
struct snapshot;

extern const struct protocol_ops pg_protocol_ops;

/* For catalogs.h: over a link of its own whose search path is pg_catalog. */
extern const struct catalog_load_ops pg_catalog_load_ops;

/* The same for a command that has no loop: blocks until the catalogue is read or failed. *out is
 * owned by the caller; NULL on failure, and message (cut at cap) says why. Whether isolation fits
 * it is the caller's to ask. */
MUST_USE bool pg_catalog_load_now(struct snapshot *snapshot, const struct config_upstream *upstream,
                                  struct catalog **out, char *message, size_t cap);

#endif
