/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server for operators: GET /metrics, /livez and /readyz, nothing else. */
#ifndef PROXY_ADMIN_H
#define PROXY_ADMIN_H

#include "protocol/compiler.h"

struct admin;
struct config_address;
struct metrics;
struct worker;

/* NULL: it is so; otherwise why not, in one line (a constant). */
typedef const char *admin_probe_fn(void *context);

struct admin_probes {
    admin_probe_fn *live;  /* for /livez: 200, or 503 and the reason */
    admin_probe_fn *ready; /* for /readyz, likewise */
    void *context;
};

/* Serves on address from worker's loop. NULL on failure: *out_failure says why. */
MUST_USE struct admin *admin_new(struct worker *worker, const struct config_address *address,
                                 struct metrics *metrics, const struct admin_probes *probes,
                                 const char **out_failure);

/* The address that was bound. Borrows. */
const char *admin_address(const struct admin *admin);

/* Closes it. NULL inside is fine. */
void admin_free(struct admin **admin);

#endif
