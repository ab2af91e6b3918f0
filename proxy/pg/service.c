/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of upstreams is behind a lock, taken when a worker first meets one and when a link logs
 * in: not per message. Messages between workers carry copies: whom they are for may be gone when
 * they arrive. */
#include "proxy/pg/service.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/protocol.h"
#include "proxy/net/worker.h"
#include "proxy/pg/cancel.h"
#include "proxy/pg/endpoints.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/pool_share.h"
#include "proxy/pg/server_parameters.h"
#include "proxy/pg/session.h"
#include "proxy/pg/tally.h"

#define MOCK_SECRET_LEN 32

struct named_share {
    char *name; /* owns */
    struct pool_share share;
    struct server_parameters parameters; /* under the service's lock */
    struct named_share *next;
};

struct named_endpoints {
    char *name;                     /* owns */
    struct pg_endpoints *endpoints; /* owns; has a lock of its own */
    struct named_endpoints *next;
};

struct pg_service {
    uint8_t mock_secret[MOCK_SECRET_LEN]; /* constant */
    pthread_mutex_t lock;
    struct named_share *shares;        /* owns; under lock; by the name of a pool */
    struct named_endpoints *endpoints; /* owns; under lock; by the name in the configuration */
    unsigned num_workers;
    struct tally *tally; /* owns; has a lock of its own */
};

void *pg_service_share(unsigned num_workers)
{
    struct pg_service *service = mem_new(sizeof *service);
    service->num_workers = num_workers;
    service->tally = tally_new();
    check(RAND_bytes(service->mock_secret, sizeof service->mock_secret) == 1);
    check(pthread_mutex_init(&service->lock, NULL) == 0);
    return service;
}

void pg_service_unshare(void *shared)
{
    struct pg_service *service = shared;
    while (service->shares != NULL) {
        struct named_share *first = service->shares;
        service->shares = first->next;
        server_parameters_fini(&first->parameters);
        free(first->name);
        free(first);
    }
    while (service->endpoints != NULL) {
        struct named_endpoints *first = service->endpoints;
        service->endpoints = first->next;
        pg_endpoints_free(&first->endpoints);
        free(first->name);
        free(first);
    }
    check(pthread_mutex_destroy(&service->lock) == 0);
    tally_free(&service->tally);
    free(service);
}

static struct named_share *find(struct pg_service *service, const char *name)
{
    struct named_share *named = service->shares;
    while (named != NULL && strcmp(named->name, name) != 0) {
        named = named->next;
    }
    return named;
}

static struct named_share *add(struct pg_service *service, const char *name, uint32_t size)
{
    struct named_share *named = mem_new(sizeof *named);
    named->name = mem_copy_string(name, strlen(name));
    pool_share_init(&named->share, size, service->num_workers);
    named->next = service->shares;
    service->shares = named;
    return named;
}

struct pool_share *pg_service_pool(struct pg_service *service, const char *upstream, uint32_t size)
{
    check(pthread_mutex_lock(&service->lock) == 0);
    struct named_share *named = find(service, upstream);
    if (named == NULL) {
        named = add(service, upstream, size);
    }
    pool_share_resize(&named->share, size);
    check(pthread_mutex_unlock(&service->lock) == 0);
    return &named->share;
}

struct pg_endpoints *pg_service_endpoints(struct pg_service *service, const char *upstream)
{
    check(pthread_mutex_lock(&service->lock) == 0);
    struct named_endpoints *named = service->endpoints;
    while (named != NULL && strcmp(named->name, upstream) != 0) {
        named = named->next;
    }
    if (named == NULL) {
        named = mem_new(sizeof *named);
        named->name = mem_copy_string(upstream, strlen(upstream));
        named->endpoints = pg_endpoints_new();
        named->next = service->endpoints;
        service->endpoints = named;
    }
    check(pthread_mutex_unlock(&service->lock) == 0);
    return named->endpoints;
}

struct tally *pg_service_tally(const struct pg_service *service)
{
    return service->tally;
}

struct slice pg_service_mock_secret(const struct pg_service *service)
{
    return slice_of(service->mock_secret, sizeof service->mock_secret);
}

void pg_service_learn(struct pg_service *service, const char *upstream,
                      const struct server_parameters *parameters)
{
    check(pthread_mutex_lock(&service->lock) == 0);
    struct named_share *named = find(service, upstream);
    check(named != NULL);
    server_parameters_copy(parameters, &named->parameters);
    check(pthread_mutex_unlock(&service->lock) == 0);
}

bool pg_service_recall(struct pg_service *service, const char *upstream,
                       struct server_parameters *out)
{
    check(pthread_mutex_lock(&service->lock) == 0);
    const struct named_share *named = find(service, upstream);
    check(named != NULL);
    server_parameters_copy(&named->parameters, out);
    check(pthread_mutex_unlock(&service->lock) == 0);
    return out->num_items > 0;
}

struct wake_message {
    struct worker_message message;
    char name[]; /* of the upstream */
};

static void run_wake(struct worker *worker, struct worker_message *message)
{
    struct wake_message *wake = (struct wake_message *)(void *)message;
    struct pg_worker *pg = protocol_state(worker, CONFIG_POSTGRES);
    struct pg_upstream *upstream = pg == NULL ? NULL : pg_worker_find(pg, wake->name);
    if (upstream != NULL) {
        pool_wake(&upstream->pool);
    }
    free(wake);
}

void pg_service_wake(struct pg_upstream *upstream, uint64_t workers)
{
    struct worker *self = upstream->pg->worker;
    size_t name_len = strlen(upstream->name);
    for (unsigned i = 0; i < self->num_peers; i++) {
        if (i == self->index || (workers & (UINT64_C(1) << i)) == 0) {
            continue;
        }
        struct wake_message *wake = mem_new(sizeof *wake + name_len + 1);
        wake->message.run = run_wake;
        memcpy(wake->name, upstream->name, name_len + 1);
        worker_post(self->peers[i], &wake->message);
    }
}

struct cancel_message {
    struct worker_message message;
    uint32_t id;
    size_t secret_len;
    uint8_t secret[SESSION_SECRET_MAX];
};

static void run_cancel(struct worker *worker, struct worker_message *message)
{
    struct cancel_message *cancel = (struct cancel_message *)(void *)message;
    struct pg_worker *pg = protocol_state(worker, CONFIG_POSTGRES);
    if (pg != NULL) {
        cancel_by_key(pg, cancel->id, slice_of(cancel->secret, cancel->secret_len));
    }
    free(cancel);
}

void pg_service_cancel(struct pg_worker *pg, uint32_t id, struct slice key)
{
    unsigned index = id >> PG_CANCEL_WORKER_SHIFT;
    if (key.len > SESSION_SECRET_MAX) {
        return;
    }
    if (index == pg->worker->index) {
        cancel_by_key(pg, id, key);
    } else if (index < pg->worker->num_peers) {
        struct cancel_message *cancel = mem_new(sizeof *cancel);
        cancel->message.run = run_cancel;
        cancel->id = id;
        cancel->secret_len = key.len;
        memcpy(cancel->secret, key.ptr, key.len);
        worker_post(pg->worker->peers[index], &cancel->message);
    }
}
