/* SPDX-License-Identifier: Apache-2.0
 *
 * What the workers of the process share: the limits of the pools, and messages between workers for
 * a link that another one needs and for a cancel request that came in on the wrong one. */
#ifndef PROXY_PG_SERVICE_H
#define PROXY_PG_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"

struct pg_endpoints;
struct pg_service;
struct tally;
struct pg_upstream;
struct pg_worker;
struct pool_share;
struct server_parameters;

/* Main thread, before the first and after the last worker. */
void *pg_service_share(unsigned num_workers);
void pg_service_unshare(void *shared);

/* Any thread: what limits the links of that upstream in all workers. Borrows until unshare. */
struct pool_share *pg_service_pool(struct pg_service *service, const char *upstream, uint32_t size);

/* Any thread: what is known of the upstream's endpoints, for all its pools. Borrows until
 * unshare. */
struct pg_endpoints *pg_service_endpoints(struct pg_service *service, const char *upstream);

/* Any thread: what a server of that upstream last said of itself, copied to or from; false when
 * none has been heard of yet. */
void pg_service_learn(struct pg_service *service, const char *upstream,
                      const struct server_parameters *parameters);
bool pg_service_recall(struct pg_service *service, const char *upstream,
                       struct server_parameters *out);

/* Any thread: makes up the salts of users that are not there; the same on every worker, because a
 * salt that changes gives away that there is no such user. Borrows until unshare. */
struct slice pg_service_mock_secret(const struct pg_service *service);

/* pool_wake for that upstream on the workers whose bits are set. */
void pg_service_wake(struct pg_upstream *upstream, uint64_t workers);

/* Cancels what the session with that key is doing, on whichever worker it is; an unknown key does
 * nothing. */
void pg_service_cancel(struct pg_worker *pg, uint32_t id, struct slice key);

/* A cancel key's number: the worker's index in its upper bits. */
#define PG_CANCEL_WORKER_SHIFT 26

/* The sessions by what they count for, over all workers. Borrows. */
struct tally *pg_service_tally(const struct pg_service *service);

#endif
