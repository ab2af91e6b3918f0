/* SPDX-License-Identifier: Apache-2.0
 *
 * Three kinds of shared, counted parts below a snapshot: the settings (configuration, rules,
 * users) and one catalogue per upstream. A new catalogue makes a new snapshot that shares all the
 * rest with the old one. Everything but the counts is constant once a part is reachable, and
 * counts are atomic, so a snapshot may be shared, and its last reference dropped, by any thread. */
#include "policy/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

struct settings {
    atomic_size_t refs;
    struct config *config;      /* owns */
    struct tenant_rules *rules; /* owns */
    struct users **users;       /* owns; one per listener, NULL for trust; then by right */
    void *attachment;           /* owns; through release */
    void (*release)(void *attachment);
};

struct shared_catalog {
    atomic_size_t refs;
    struct catalog *catalog; /* owns */
};

struct snapshot {
    atomic_size_t refs;
    uint64_t epoch;
    struct settings *settings;        /* shares */
    struct shared_catalog **catalogs; /* shares each; one per upstream, NULL until loaded */
};

static void count_up(atomic_size_t *refs)
{
    check(atomic_fetch_add_explicit(refs, 1, memory_order_relaxed) > 0);
}

/* True for the caller that gave up the last reference and must release the object. */
static bool count_down(atomic_size_t *refs)
{
    size_t before = atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel);
    check(before > 0);
    return before == 1;
}

static void settings_unref(struct settings *settings)
{
    if (settings == NULL || !count_down(&settings->refs)) {
        return;
    }
    for (size_t i = 0;
         settings->users != NULL && i < settings->config->num_listeners + CONFIG_RIGHTS; i++) {
        users_free(&settings->users[i]);
    }
    if (settings->release != NULL) {
        settings->release(settings->attachment);
    }
    free(settings->users);
    tenant_rules_free(&settings->rules);
    config_free(&settings->config);
    free(settings);
}

static void shared_catalog_unref(struct shared_catalog *shared)
{
    if (shared == NULL || !count_down(&shared->refs)) {
        return;
    }
    catalog_free(&shared->catalog);
    free(shared);
}

static enum config_status read_users(struct settings *settings, struct config_error *out_error)
{
    const struct config *config = settings->config;
    settings->users = mem_new_array(config->num_listeners + CONFIG_RIGHTS, sizeof *settings->users);
    for (size_t i = 0; i < config->num_listeners; i++) {
        const char *path = config->listeners[i].users_file;
        if (path != NULL && users_load(path, &settings->users[i], out_error) != CONFIG_OK) {
            return CONFIG_WRONG;
        }
    }
    for (int right = 0; right < CONFIG_RIGHTS; right++) {
        const char *path = config_console_users(config->admin, (enum config_right)right);
        struct users **users = &settings->users[config->num_listeners + (size_t)right];
        if (path != NULL && users_load(path, users, out_error) != CONFIG_OK) {
            return CONFIG_WRONG;
        }
    }
    return CONFIG_OK;
}

static struct snapshot *snapshot_over(struct settings *settings, uint64_t epoch)
{
    struct snapshot *snapshot = mem_new(sizeof *snapshot);
    atomic_init(&snapshot->refs, 1);
    snapshot->epoch = epoch;
    snapshot->settings = settings;
    snapshot->catalogs =
        mem_new_array(settings->config->num_upstreams, sizeof(struct shared_catalog *));
    return snapshot;
}

enum config_status snapshot_new(struct config **config, uint64_t epoch, struct snapshot **out,
                                struct config_error *out_error)
{
    check(config != NULL && *config != NULL);
    struct settings *settings = mem_new(sizeof *settings);
    atomic_init(&settings->refs, 1);
    settings->config = *config;
    *config = NULL;
    *out = NULL;
    if (tenant_rules_new(settings->config, &settings->rules, out_error) != CONFIG_OK ||
        read_users(settings, out_error) != CONFIG_OK) {
        settings_unref(settings);
        return CONFIG_WRONG;
    }
    *out = snapshot_over(settings, epoch);
    return CONFIG_OK;
}

struct snapshot *snapshot_with_catalog(struct snapshot *old, size_t upstream_index,
                                       struct catalog **catalog, uint64_t epoch)
{
    check(old != NULL && catalog != NULL && epoch > old->epoch);
    size_t num_upstreams = old->settings->config->num_upstreams;
    check(upstream_index < num_upstreams);
    count_up(&old->settings->refs);
    struct snapshot *fresh = snapshot_over(old->settings, epoch);
    for (size_t i = 0; i < num_upstreams; i++) {
        if (i != upstream_index && old->catalogs[i] != NULL) {
            count_up(&old->catalogs[i]->refs);
            fresh->catalogs[i] = old->catalogs[i];
        }
    }
    if (*catalog != NULL) {
        struct shared_catalog *shared = mem_new(sizeof *shared);
        atomic_init(&shared->refs, 1);
        shared->catalog = *catalog;
        *catalog = NULL;
        fresh->catalogs[upstream_index] = shared;
    }
    return fresh;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool have_same_schemas(const struct config *a, const struct config *b)
{
    bool same = a->row.num_schemas == b->row.num_schemas;
    for (size_t i = 0; same && i < a->row.num_schemas; i++) {
        same = is_same_text(a->row.schemas[i], b->row.schemas[i]);
    }
    return same;
}

static bool is_same_place(const struct config_upstream *a, const struct config_upstream *b)
{
    bool same = a->protocol == b->protocol && a->num_endpoints == b->num_endpoints &&
                is_same_text(a->database, b->database) && is_same_text(a->user, b->user);
    for (size_t i = 0; same && i < a->num_endpoints; i++) {
        same = is_same_text(a->endpoints[i].text, b->endpoints[i].text);
    }
    return same;
}

void snapshot_keep_catalogs(struct snapshot *fresh, const struct snapshot *old)
{
    const struct config *now = fresh->settings->config;
    const struct config *before = old->settings->config;
    for (size_t i = 0; i < now->num_upstreams && have_same_schemas(now, before); i++) {
        const struct config_upstream *same = config_upstream_find(before, now->upstreams[i].name);
        struct shared_catalog *shared =
            same != NULL ? old->catalogs[same - before->upstreams] : NULL;
        if (shared != NULL && fresh->catalogs[i] == NULL &&
            is_same_place(&now->upstreams[i], same)) {
            count_up(&shared->refs);
            fresh->catalogs[i] = shared;
        }
    }
}

void snapshot_attach(struct snapshot *fresh, void *thing, void (*release)(void *thing))
{
    check(fresh->settings->release == NULL && release != NULL);
    fresh->settings->attachment = thing;
    fresh->settings->release = release;
}

void *snapshot_attachment(const struct snapshot *snapshot)
{
    return snapshot->settings->attachment;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    check(snapshot != NULL);
    count_up(&snapshot->refs);
    return snapshot;
}

void snapshot_unref(struct snapshot **snapshot)
{
    struct snapshot *s = *snapshot;
    *snapshot = NULL;
    if (s == NULL || !count_down(&s->refs)) {
        return;
    }
    for (size_t i = 0; i < s->settings->config->num_upstreams; i++) {
        shared_catalog_unref(s->catalogs[i]);
    }
    free(s->catalogs);
    settings_unref(s->settings);
    free(s);
}

uint64_t snapshot_epoch(const struct snapshot *snapshot)
{
    return snapshot->epoch;
}

const struct config *snapshot_config(const struct snapshot *snapshot)
{
    return snapshot->settings->config;
}

const struct tenant_rules *snapshot_tenant_rules(const struct snapshot *snapshot)
{
    return snapshot->settings->rules;
}

const struct users *snapshot_users(const struct snapshot *snapshot,
                                   const struct config_listener *listener)
{
    const struct config *config = snapshot->settings->config;
    size_t index = (size_t)(listener - config->listeners);
    check(index < config->num_listeners);
    return snapshot->settings->users[index];
}

const struct users *snapshot_console_users(const struct snapshot *snapshot, enum config_right right)
{
    check(right < CONFIG_RIGHTS);
    return snapshot->settings->users[snapshot->settings->config->num_listeners + right];
}

const struct catalog *snapshot_catalog(const struct snapshot *snapshot,
                                       const struct config_upstream *upstream)
{
    const struct config *config = snapshot->settings->config;
    size_t index = (size_t)(upstream - config->upstreams);
    check(index < config->num_upstreams);
    const struct shared_catalog *shared = snapshot->catalogs[index];
    return shared != NULL ? shared->catalog : NULL;
}
