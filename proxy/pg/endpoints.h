/* SPDX-License-Identifier: Apache-2.0
 *
 * What all workers know of an upstream's endpoints: its topology behind a lock, taken when a link
 * is opened, logs in, fails or reports another role, never per message. News go to every worker,
 * which then gives up the links that no longer fit. */
#ifndef PROXY_PG_ENDPOINTS_H
#define PROXY_PG_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/pg/backend.h"

struct link;
struct pg_endpoints;
struct pg_upstream;

/* Main thread, by way of the service. */
struct pg_endpoints *pg_endpoints_new(void);
void pg_endpoints_free(struct pg_endpoints **endpoints);

/* Any worker: the upstream's endpoints are those of its configuration from now on. */
void pg_endpoints_follow(struct pg_upstream *upstream);

/* Which endpoint the upstream's next link is to try. */
size_t pg_endpoints_next(struct pg_upstream *upstream);

/* A link of the upstream that logs in: NULL, or why it is of no use to its pool. Its parameters
 * say what the server is. */
const char *pg_endpoints_unfit(struct pg_upstream *upstream, struct link *link);

/* A link of the upstream could not be opened. */
void pg_endpoints_failed(struct pg_upstream *upstream, const struct link *link);

/* A link's server reports a setting: it may no longer be a standby. */
void pg_endpoints_report(struct pg_upstream *upstream, const struct link *link,
                         const struct pg_parameter_status *status);

#endif
