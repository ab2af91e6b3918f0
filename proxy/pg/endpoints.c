/* SPDX-License-Identifier: Apache-2.0
 *
 * The lock, the metrics and the messages around topology.h. A message names the upstream: the
 * worker that gets it may have another configuration by then, and looks again what fits. Links are
 * never closed from here but through link_set_stale, so one that is in a transaction ends it. */
#include "proxy/pg/endpoints.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/protocol.h"
#include "proxy/net/worker.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_role.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/server_parameters.h"
#include "proxy/pg/topology.h"

#define LABEL_MAX ((size_t)512)

struct pg_endpoints {
    pthread_mutex_t lock;
    struct topology topology; /* under lock */
};

struct pg_endpoints *pg_endpoints_new(void)
{
    struct pg_endpoints *endpoints = mem_new(sizeof *endpoints);
    check(pthread_mutex_init(&endpoints->lock, NULL) == 0);
    return endpoints;
}

void pg_endpoints_free(struct pg_endpoints **endpoints)
{
    if (*endpoints == NULL) {
        return;
    }
    topology_fini(&(*endpoints)->topology);
    check(pthread_mutex_destroy(&(*endpoints)->lock) == 0);
    free(*endpoints);
    *endpoints = NULL;
}

static struct topology *locked(const struct pg_upstream *upstream)
{
    check(pthread_mutex_lock(&upstream->endpoints->lock) == 0);
    return &upstream->endpoints->topology;
}

static void unlock(const struct pg_upstream *upstream)
{
    check(pthread_mutex_unlock(&upstream->endpoints->lock) == 0);
}

/* One endpoint more or fewer that has that role. */
static void count_role(const struct pg_upstream *upstream, const char *address,
                       enum endpoint_role role, int64_t amount)
{
    static const int gauges[ENDPOINT_ROLES] = {
        [ENDPOINT_UNKNOWN] = -1,
        [ENDPOINT_PRIMARY] = METRIC_ENDPOINT_IS_PRIMARY,
        [ENDPOINT_STANDBY] = METRIC_ENDPOINT_IS_STANDBY,
        [ENDPOINT_DOWN] = METRIC_ENDPOINT_IS_DOWN,
    };
    char label[LABEL_MAX];
    if (gauges[role] < 0) {
        return;
    }
    (void)snprintf(label, sizeof label, "%s/%s", upstream->target.upstream->name, address);
    metrics_add(metrics_endpoint(upstream->pg->worker->metrics, label), (enum metric)gauges[role],
                amount);
}

static void count_change(const struct pg_upstream *upstream, const char *address,
                         enum endpoint_role before, enum endpoint_role after)
{
    if (before != after) {
        count_role(upstream, address, before, -1);
        count_role(upstream, address, after, 1);
    }
}

static bool is_configured(const struct config_upstream *config, const char *address)
{
    for (size_t i = 0; i < config->num_endpoints; i++) {
        if (strcmp(config->endpoints[i].text, address) == 0) {
            return true;
        }
    }
    return false;
}

void pg_endpoints_follow(struct pg_upstream *upstream)
{
    const struct config_upstream *config = upstream->target.upstream;
    struct topology *t = locked(upstream);
    for (size_t i = 0; i < t->num_items; i++) {
        if (!is_configured(config, t->items[i].address)) {
            count_role(upstream, t->items[i].address, t->items[i].role, -1);
        }
    }
    topology_configure(t, config->endpoints, config->num_endpoints);
    unlock(upstream);
}

size_t pg_endpoints_next(struct pg_upstream *upstream)
{
    const struct topology *t = locked(upstream);
    size_t next = topology_next(t, upstream->target.wanted, upstream->target.endpoint,
                                upstream->pg->worker->now_us);
    unlock(upstream);
    return next;
}

struct news_message {
    struct worker_message message;
    char name[]; /* of the upstream in the configuration */
};

static void give_up_unfit(struct pg_upstream *upstream)
{
    struct link *next;
    for (struct link *link = LIST_FIRST(&upstream->links); link != NULL; link = next) {
        next = LIST_NEXT(link, entry);
        if (link->state == LINK_CONNECTING || link->state == LINK_LOGIN) {
            continue; /* is looked at when it has logged in */
        }
        const struct topology *t = locked(upstream);
        bool fits = topology_fits(t, link->address, upstream->target.wanted);
        unlock(upstream);
        if (!fits) {
            link_set_stale(link);
        }
    }
}

static void run_news(struct worker *worker, struct worker_message *message)
{
    struct news_message *news = (struct news_message *)(void *)message;
    struct pg_worker *pg = protocol_state(worker, CONFIG_POSTGRES);
    for (struct pg_upstream *u = pg == NULL ? NULL : pg->upstreams; u != NULL; u = u->next) {
        if (u->is_current && strcmp(u->target.upstream->name, news->name) == 0) {
            give_up_unfit(u);
        }
    }
    free(news);
}

static void tell_workers(const struct pg_upstream *upstream)
{
    const struct worker *self = upstream->pg->worker;
    const char *name = upstream->target.upstream->name;
    size_t name_len = strlen(name);
    for (unsigned i = 0; i < self->num_peers; i++) {
        struct news_message *news = mem_new(sizeof *news + name_len + 1);
        news->message.run = run_news;
        memcpy(news->name, name, name_len + 1);
        worker_post(self->peers[i], &news->message);
    }
}

/* A server said what it is. Returns whether it may be used by the upstream's pool. */
static bool learn(struct pg_upstream *upstream, const char *address, enum endpoint_role role)
{
    struct topology *t = locked(upstream);
    enum endpoint_role before = topology_role(t, address);
    char *old = t->primary == NULL ? NULL : mem_copy_string(t->primary, strlen(t->primary));
    enum topology_news news = topology_saw(t, address, role);
    count_change(upstream, address, before, topology_role(t, address));
    bool is_moved = old != NULL && t->primary != NULL && strcmp(old, t->primary) != 0;
    bool fits = topology_fits(t, address, upstream->target.wanted);
    unlock(upstream);
    const char *name = upstream->target.upstream->name;
    if (is_moved) {
        metrics_add(upstream->metrics, METRIC_PRIMARY_CHANGES, 1);
        log_event(LOG_PRIMARY_CHANGED, log_text("upstream", name), log_text("from", old),
                  log_text("to", address));
    }
    if (news == TOPOLOGY_SPLIT) {
        metrics_add(upstream->metrics, METRIC_SECOND_PRIMARY, 1);
        log_event(LOG_SECOND_PRIMARY, log_text("upstream", name), log_text("primary", old),
                  log_text("second", address));
    }
    if (news != TOPOLOGY_SAME) {
        tell_workers(upstream);
    }
    free(old);
    return fits;
}

const char *pg_endpoints_unfit(struct pg_upstream *upstream, struct link *link)
{
    const char *state = server_parameters_find(link_parameters(link), LINK_ROLE_SETTING);
    if (state == NULL) {
        return NULL; /* was not asked, because any server will do; nothing is learned */
    }
    enum endpoint_role role = strcmp(state, "on") == 0 ? ENDPOINT_STANDBY : ENDPOINT_PRIMARY;
    if (learn(upstream, link->address, role)) {
        return NULL;
    }
    return role == ENDPOINT_STANDBY ? "the server is a standby"
                                    : "the server is not the primary or standby to use";
}

void pg_endpoints_failed(struct pg_upstream *upstream, const struct link *link)
{
    struct topology *t = locked(upstream);
    enum endpoint_role before = topology_role(t, link->address);
    topology_failed(t, link->address, upstream->pg->worker->now_us);
    count_change(upstream, link->address, before, topology_role(t, link->address));
    unlock(upstream);
}

void pg_endpoints_report(struct pg_upstream *upstream, const struct link *link,
                         const struct pg_parameter_status *status)
{
    if (slice_equal(status->name, slice_text(LINK_ROLE_SETTING))) {
        bool is_standby = slice_equal(status->value, slice_text("on"));
        (void)learn(upstream, link->address, is_standby ? ENDPOINT_STANDBY : ENDPOINT_PRIMARY);
    }
}
