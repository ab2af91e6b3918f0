/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's PostgreSQL side as the loop sees it: the hooks of protocol.h. A new snapshot changes
 * what the upstreams point to; links that were made for another server, user or search path are
 * not lent again, and sessions of a tenant or listener that is gone end at their transaction's end.
 * Everything is this worker's own but the shares of the pools. */
#include "proxy/pg/pg_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "policy/sql/plan_cache.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/encryption.h"
#include "proxy/net/owner.h"
#include "proxy/net/protocol.h"
#include "proxy/pg/cancel.h"
#include "proxy/pg/endpoints.h"
#include "proxy/pg/link_keys.h"
#include "proxy/pg/link_pool.h"
#include "proxy/pg/pg.h"
#include "proxy/pg/search_path.h"
#include "proxy/pg/service.h"
#include "proxy/pg/session_limits.h"
#include "proxy/pg/session_parts.h"

#define PG_WORKER_TAG   0x70677772U              /* "pgwr" */
#define PG_UPSTREAM_TAG 0x70677570U              /* "pgup" */
#define TYPES_MAX       ((size_t)UINT16_MAX + 1) /* what a message can count, and the tenant's */

#define POOL_NAME_MAX ((size_t)96)

static struct pg_worker *pg_worker_from(void *state)
{
    struct pg_worker *pg = state;
    check(pg->tag == PG_WORKER_TAG);
    return pg;
}

struct pg_upstream *pg_worker_find(struct pg_worker *pg, const char *name)
{
    struct pg_upstream *upstream = pg->upstreams;
    while (upstream != NULL && strcmp(upstream->name, name) != 0) {
        upstream = upstream->next;
    }
    return upstream;
}

/* What the pool of those servers is called: no upstream's name has a slash. */
static void name_pool(char out[POOL_NAME_MAX], const char *upstream, enum config_target target)
{
    static const char *const suffixes[CONFIG_TARGETS] = {
        [CONFIG_TARGET_PRIMARY] = "",
        [CONFIG_TARGET_ANY] = "/any",
        [CONFIG_TARGET_STANDBY] = "/standby",
        [CONFIG_TARGET_PREFER_STANDBY] = "/prefer-standby",
    };
    int len = snprintf(out, POOL_NAME_MAX, "%s%s", upstream, suffixes[target]);
    check(len > 0 && (size_t)len < POOL_NAME_MAX);
}

struct pg_upstream *pg_worker_upstream(struct pg_worker *pg, const struct config_upstream *config,
                                       enum config_target target)
{
    char name[POOL_NAME_MAX];
    name_pool(name, config->name, target);
    return pg_worker_find(pg, name);
}

const struct catalog *pg_upstream_catalog(const struct pg_upstream *upstream)
{
    return snapshot_catalog(upstream->snapshot, upstream->target.upstream);
}

bool pg_upstream_is_known(const struct pg_upstream *upstream)
{
    return upstream->target.upstream->is_passthrough || pg_upstream_catalog(upstream) != NULL;
}

struct pg_upstream *pg_upstream_of_link(const struct link *link)
{
    struct pg_upstream *upstream = link->owner;
    check(upstream->tag == PG_UPSTREAM_TAG);
    return upstream;
}

bool pg_worker_has_tenant(const struct pg_worker *pg, struct slice tenant)
{
    const struct config *config = snapshot_config(pg->worker->snapshot);
    size_t low = 0;
    size_t high = config->num_tenants;
    while (low < high) { /* sorted by id */
        size_t middle = low + (high - low) / 2;
        const struct config_tenant *t = &config->tenants[middle];
        size_t len = strlen(t->id);
        size_t shorter = len < tenant.len ? len : tenant.len;
        int order = memcmp(t->id, tenant.ptr, shorter);
        order = order != 0 ? order : (len > tenant.len) - (len < tenant.len);
        if (order == 0) {
            return t->state == TENANT_ACTIVE;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool is_same_encryption(const struct config_upstream_tls *a,
                               const struct config_upstream_tls *b)
{
    return a->mode == b->mode && same_text(a->ca, b->ca) && same_text(a->cert, b->cert) &&
           same_text(a->key, b->key);
}

/* Whether a link made for one is as good for the other. */
static bool is_same_server(const struct config_upstream *a, const struct config_upstream *b)
{
    if (a->num_endpoints != b->num_endpoints) {
        return false;
    }
    for (size_t i = 0; i < a->num_endpoints; i++) {
        if (strcmp(a->endpoints[i].text, b->endpoints[i].text) != 0) {
            return false;
        }
    }
    return a->is_passthrough == b->is_passthrough && is_same_encryption(&a->tls, &b->tls) &&
           same_text(a->database, b->database) && same_text(a->user, b->user) &&
           same_text(a->password, b->password);
}

static struct pg_upstream *add_upstream(struct pg_worker *pg, const char *name,
                                        const struct config_upstream *config,
                                        enum config_target target)
{
    struct pg_upstream *upstream = mem_new(sizeof *upstream);
    upstream->tag = PG_UPSTREAM_TAG;
    upstream->pg = pg;
    upstream->name = mem_copy_string(name, strlen(name));
    upstream->target.wanted = target;
    upstream->number = pg->num_upstreams++;
    upstream->share = pg_service_pool(pg->service, name, config->pool.size);
    upstream->endpoints = pg_service_endpoints(pg->service, config->name);
    upstream->metrics = metrics_upstream(pg->worker->metrics, name);
    LIST_INIT(&upstream->links);
    upstream->target.keys = link_keys_new(pg->worker);
    pool_init(&upstream->pool, pg->worker, &link_pool_ops, &config->pool, upstream->share);
    upstream->next = pg->upstreams;
    pg->upstreams = upstream;
    return upstream;
}

/* Points an upstream at what the new snapshot says of it. */
static void follow(struct pg_upstream *upstream, struct snapshot *snapshot,
                   const struct config_upstream *config)
{
    const struct config_upstream *before = upstream->target.upstream;
    /* Without isolation there need be no schemas, and the path is the server's. */
    char *search_path = config->is_passthrough ? mem_copy_string("", 0)
                                               : search_path_text(&snapshot_config(snapshot)->row);
    bool is_same = before == NULL || (is_same_server(before, config) &&
                                      strcmp(upstream->target.search_path, search_path) == 0);
    (void)pg_service_pool(upstream->pg->service, upstream->name, config->pool.size);
    free(upstream->target.search_path);
    upstream->target.upstream = config;
    upstream->target.search_path = search_path;
    upstream->target.tls = encryption_of_upstream(snapshot, config);
    pool_configure(&upstream->pool, &config->pool);
    pg_endpoints_follow(upstream);
    struct snapshot *old = upstream->snapshot;
    upstream->snapshot = snapshot_ref(snapshot);
    upstream->is_current = true;
    if (!is_same) {
        server_parameters_fini(&upstream->parameters);
        pg_service_learn(upstream->pg->service, upstream->name, &upstream->parameters);
        pool_retire(&upstream->pool);
    }
    snapshot_unref(&old);
}

/* What the listener leads to, for the first of those that lead there. */
static void follow_listener(struct pg_worker *pg, struct snapshot *snapshot,
                            const struct config_listener *listener)
{
    char name[POOL_NAME_MAX];
    name_pool(name, listener->upstream->name, listener->target);
    struct pg_upstream *upstream = pg_worker_find(pg, name);
    if (upstream == NULL) {
        upstream = add_upstream(pg, name, listener->upstream, listener->target);
    }
    if (!upstream->is_current) {
        follow(upstream, snapshot, listener->upstream);
    }
}

static void follow_all(struct pg_worker *pg)
{
    struct snapshot *snapshot = pg->worker->snapshot;
    const struct config *config = snapshot_config(snapshot);
    for (struct pg_upstream *u = pg->upstreams; u != NULL; u = u->next) {
        u->is_current = false;
    }
    for (size_t i = 0; i < config->num_listeners; i++) {
        const struct config_listener *each = &config->listeners[i];
        if (each->protocol == CONFIG_POSTGRES) {
            follow_listener(pg, snapshot, each);
        }
    }
}

static void *open_state(struct worker *worker, void *shared)
{
    const struct config *config = snapshot_config(worker->snapshot);
    struct pg_worker *pg = mem_new(sizeof *pg);
    const struct settings_wish nothing = {.num_entries = 0};
    pg->tag = PG_WORKER_TAG;
    pg->worker = worker;
    pg->service = shared;
    TAILQ_INIT(&pg->sessions);
    LIST_INIT(&pg->cancels);
    LIST_INIT(&pg->auth_queries);
    check(RAND_bytes((unsigned char *)&pg->key, sizeof pg->key) == 1);
    pg->settings.key = pg->key;
    pg->no_settings = settings_intern(&pg->settings, &nothing);
    pg->plans = sql_plan_cache_new(config->limits.plan_cache_bytes, &pg->key);
    pg->statements.session_max = config->limits.session_statements_bytes;
    pg->statements.worker_max = config->limits.worker_statements_bytes;
    pg->type_scratch = mem_new_array(TYPES_MAX, sizeof *pg->type_scratch);
    follow_all(pg);
    return pg;
}

static void accept_session(void *state, const struct incoming *incoming)
{
    session_accept(pg_worker_from(state), incoming);
}

/* Whether nothing of the session is under way. One that waits for a link has sent nothing yet, but
 * is served once more when it is the proxy that ends. */
static bool is_resting(const struct session *s, enum close_reason reason)
{
    enum pg_ready ready = PG_READY_IDLE;
    switch (s->state) {
    case SESSION_IDLE:
    case SESSION_GREETING:
        return true;
    case SESSION_WAITING:
        return reason != CLOSE_DRAIN;
    case SESSION_ACTIVE:
        return pg_reply_is_idle(&s->link->owed.tracker, &ready) && ready == PG_READY_IDLE;
    case SESSION_STARTUP:
    case SESSION_VERIFIER:
    case SESSION_SASL:
    case SESSION_PROOF:
    case SESSION_PASSWORD:
    case SESSION_CHECKING:
    case SESSION_FLUSHING:
    case SESSION_CLOSED:
    case SESSION_STATES:
        break;
    }
    return false;
}

/* A session that must not go on: now if it is between transactions, else at the end of its own. */
static void end_soon(struct session *s, enum close_reason reason)
{
    s->must_end = true;
    s->end_reason = reason;
    if (is_resting(s, reason)) {
        session_close(s, reason);
    }
}

static bool is_logged_in(const struct session *s)
{
    return s->state == SESSION_IDLE || s->state == SESSION_WAITING || s->state == SESSION_ACTIVE;
}

static void refresh(void *state)
{
    struct pg_worker *pg = pg_worker_from(state);
    follow_all(pg);
    auth_queries_refresh(pg);
    sql_plan_cache_keep_epoch(pg->plans, snapshot_epoch(pg->worker->snapshot));
    struct session *next;
    for (struct session *s = TAILQ_FIRST(&pg->sessions); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        if (!is_logged_in(s) && s->state != SESSION_GREETING) {
            continue;
        }
        if (!pg_worker_has_tenant(pg, session_tenant(s))) {
            end_soon(s, CLOSE_TENANT_GONE);
        } else if (!s->upstream->is_current) {
            end_soon(s, CLOSE_LISTENER_GONE);
        } else if (is_logged_in(s)) {
            session_limits_watch(s);
        }
    }
}

/* Whether the session keeps its link until the client leaves, by the pool's own rule. */
static bool is_of_session_pool(const struct session *s)
{
    return s->upstream->target.upstream->pool.mode == CONFIG_POOL_SESSION;
}

static void drain(void *state, bool waits)
{
    struct pg_worker *pg = pg_worker_from(state);
    pg->is_draining = true;
    struct session *next;
    for (struct session *s = TAILQ_FIRST(&pg->sessions); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        if (is_logged_in(s) && waits && is_of_session_pool(s)) {
            continue;
        }
        if (is_logged_in(s)) {
            end_soon(s, CLOSE_DRAIN);
        } else {
            session_close(s, CLOSE_DRAIN);
        }
    }
}

static void stop(void *state)
{
    struct pg_worker *pg = pg_worker_from(state);
    pg->is_draining = true;
    pg->is_stopping = true;
    struct session *next;
    for (struct session *s = TAILQ_FIRST(&pg->sessions); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        session_close(s, CLOSE_DRAIN);
    }
    for (struct pg_upstream *u = pg->upstreams; u != NULL; u = u->next) {
        while (!LIST_EMPTY(&u->links)) {
            link_discard(LIST_FIRST(&u->links));
        }
    }
    auth_queries_stop(pg);
    cancel_stop(pg);
}

static void free_upstream(struct pg_upstream *upstream)
{
    check(LIST_EMPTY(&upstream->links));
    pool_fini(&upstream->pool);
    server_parameters_fini(&upstream->parameters);
    snapshot_unref(&upstream->snapshot);
    link_keys_free(&upstream->target.keys);
    free(upstream->target.search_path);
    free(upstream->name);
    free(upstream);
}

static void close_state(void *state)
{
    struct pg_worker *pg = pg_worker_from(state);
    check(TAILQ_EMPTY(&pg->sessions));
    while (pg->upstreams != NULL) {
        struct pg_upstream *first = pg->upstreams;
        pg->upstreams = first->next;
        free_upstream(first);
    }
    settings_unref(&pg->settings, &pg->no_settings);
    holds_fini(&pg->holds);
    sql_plan_cache_free(&pg->plans);
    free(pg->type_scratch);
    free(pg);
}

const struct protocol_ops pg_protocol_ops = {
    .name = "postgres",
    .share = pg_service_share,
    .unshare = pg_service_unshare,
    .open = open_state,
    .accept = accept_session,
    .refresh = refresh,
    .drain = drain,
    .stop = stop,
    .close = close_state,
};
