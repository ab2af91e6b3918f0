/* SPDX-License-Identifier: Apache-2.0
 *
 * One entry per PostgreSQL upstream of the current configuration: idle until its next load is
 * due, or loading. A load works for the snapshot it began under, so an entry holds a reference
 * until it ends; a reload of the configuration stops all loads and begins anew. Catalogues are
 * compared by their JSON text, so that an unchanged one does not empty plan caches. Main thread. */
#include "proxy/catalogs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/catalog/json.h"
#include "policy/catalog/lint.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/net/deadline.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"

#define CATALOGS_TAG       0xca7a1095U
#define FIRST_RETRY_US     INT64_C(250000)
#define LONGEST_RETRY_US   INT64_C(5000000)
#define REFRESH_US         INT64_C(60000000)
#define LOOK_FOR_WISHES_US INT64_C(500000) /* and so the least time between two loads */

struct entry {
    uint32_t tag;
    struct catalogs *catalogs; /* borrows */
    size_t upstream_index;
    void *load;                /* owns; NULL while idle */
    void *watch;               /* owns; since the first load that succeeded */
    bool is_stale;             /* something changed during the load */
    struct snapshot *snapshot; /* shares; of the load */
    struct deadline next;      /* the next load */
    int64_t retry_us;
};

struct catalogs {
    struct worker *worker;              /* borrows */
    const struct catalog_load_ops *ops; /* borrows */
    catalogs_fn *changed;
    void *context;
    struct snapshot *snapshot; /* shares; the newest */
    struct entry *entries;     /* owns; one per upstream, those of other protocols never load */
    size_t num_entries;
    _Atomic uint32_t wishes;
    uint32_t granted_wishes;
    struct deadline look;
};

static const struct config_upstream *upstream_of(const struct entry *e,
                                                 const struct snapshot *snapshot)
{
    return &snapshot_config(snapshot)->upstreams[e->upstream_index];
}

static bool is_same(const struct catalog *a, const struct catalog *b)
{
    if (a == NULL || b == NULL) {
        return false;
    }
    char *text_a = catalog_to_json(a);
    char *text_b = catalog_to_json(b);
    bool same = strcmp(text_a, text_b) == 0;
    free(text_a);
    free(text_b);
    return same;
}

static void note_failure(struct entry *e, const char *failure)
{
    log_event(LOG_CATALOG_FAILED, log_text("upstream", upstream_of(e, e->snapshot)->name),
              log_text("error", failure));
    deadline_arm(e->catalogs->worker, &e->next, e->catalogs->worker->now_us + e->retry_us);
    e->retry_us = 2 * e->retry_us < LONGEST_RETRY_US ? 2 * e->retry_us : LONGEST_RETRY_US;
}

/* Logs what does not fit; false when isolation would be unsound. */
static bool fits(const struct catalog *catalog, const struct entry *e)
{
    const struct config *config = snapshot_config(e->snapshot);
    struct catalog_problems problems = catalog_lint(catalog, &config->row);
    for (size_t i = 0; i < problems.num_items; i++) {
        log_event(problems.items[i].is_error ? LOG_CATALOG_REFUSED : LOG_CATALOG_ADVICE,
                  log_text("upstream", upstream_of(e, e->snapshot)->name),
                  log_text("problem", problems.items[i].message));
    }
    bool is_sound = problems.num_errors == 0;
    catalog_problems_fini(&problems);
    return is_sound;
}

static void on_changed(void *context)
{
    struct entry *e = context;
    check(e->tag == CATALOGS_TAG);
    e->is_stale = e->load != NULL;
    if (e->load == NULL) {
        deadline_arm(e->catalogs->worker, &e->next, e->catalogs->worker->now_us);
    }
}

/* When to load next, and who says so before. */
static void plan_next(struct entry *e)
{
    struct catalogs *c = e->catalogs;
    int64_t wait_us = e->is_stale ? 0 : REFRESH_US;
    e->is_stale = false;
    deadline_arm(c->worker, &e->next, c->worker->now_us + wait_us);
    if (e->watch == NULL && c->ops->watch != NULL) {
        e->watch =
            c->ops->watch(c->worker, e->snapshot, upstream_of(e, e->snapshot), on_changed, e);
    }
}

static void note_success(struct entry *e, struct catalog **catalog)
{
    struct catalogs *c = e->catalogs;
    const struct config_upstream *upstream = upstream_of(e, c->snapshot);
    e->retry_us = FIRST_RETRY_US;
    plan_next(e);
    if (is_same(*catalog, snapshot_catalog(c->snapshot, upstream))) {
        catalog_free(catalog);
        return;
    }
    log_event(LOG_CATALOG_LOADED, log_text("upstream", upstream->name),
              log_number("relations", (int64_t)(*catalog)->num_relations),
              log_number("server_version", (int64_t)(*catalog)->server_version_num));
    c->changed(c->context, c->snapshot, e->upstream_index, catalog);
}

/* Isolation would be unsound on these tables: nobody is served until they, or the configuration,
 * are mended. */
static void revoke(struct entry *e)
{
    struct catalogs *c = e->catalogs;
    struct catalog *none = NULL;
    if (snapshot_catalog(c->snapshot, upstream_of(e, c->snapshot)) != NULL) {
        c->changed(c->context, c->snapshot, e->upstream_index, &none);
    }
}

static void on_loaded(void *context, struct catalog **catalog, const char *failure)
{
    struct entry *e = context;
    check(e->tag == CATALOGS_TAG && e->load != NULL);
    e->load = NULL;
    if (*catalog == NULL) {
        note_failure(e, failure);
    } else if (!fits(*catalog, e)) {
        catalog_free(catalog);
        revoke(e);
        note_failure(e, "the database and the configuration do not fit");
    } else {
        note_success(e, catalog);
    }
    snapshot_unref(&e->snapshot);
}

static void start_load(struct deadline *d)
{
    struct entry *e = owner_of(d, struct entry, next);
    struct catalogs *c = e->catalogs;
    check(e->tag == CATALOGS_TAG && e->load == NULL);
    e->snapshot = snapshot_ref(c->snapshot);
    e->load = c->ops->start(c->worker, e->snapshot, upstream_of(e, e->snapshot), on_loaded, e);
    check(e->load != NULL);
}

static void grant_wishes(struct deadline *d)
{
    struct catalogs *c = owner_of(d, struct catalogs, look);
    uint32_t wishes = atomic_load_explicit(&c->wishes, memory_order_relaxed);
    bool is_wanted = wishes != c->granted_wishes;
    c->granted_wishes = wishes;
    for (size_t i = 0; i < c->num_entries && is_wanted; i++) {
        if (deadline_armed(&c->entries[i].next)) {
            deadline_arm(c->worker, &c->entries[i].next, c->worker->now_us);
        }
    }
    deadline_arm(c->worker, &c->look, c->worker->now_us + LOOK_FOR_WISHES_US);
}

static void drop_entries(struct catalogs *c)
{
    for (size_t i = 0; i < c->num_entries; i++) {
        struct entry *e = &c->entries[i];
        deadline_disarm(&e->next);
        if (e->load != NULL) {
            c->ops->stop(e->load);
        }
        if (e->watch != NULL) {
            c->ops->unwatch(e->watch);
        }
        snapshot_unref(&e->snapshot);
    }
    free(c->entries);
    c->entries = NULL;
    c->num_entries = 0;
}

struct catalogs *catalogs_new(struct worker *worker, const struct catalog_load_ops *ops,
                              catalogs_fn *changed, void *context)
{
    struct catalogs *c = mem_new(sizeof *c);
    *c = (struct catalogs){.worker = worker, .ops = ops, .changed = changed, .context = context};
    deadline_init(&c->look, grant_wishes);
    deadline_arm(worker, &c->look, worker->now_us + LOOK_FOR_WISHES_US);
    return c;
}

void catalogs_note(struct catalogs *catalogs, struct snapshot *snapshot)
{
    struct snapshot *old = catalogs->snapshot;
    catalogs->snapshot = snapshot_ref(snapshot);
    snapshot_unref(&old);
}

static bool needs_catalog(const struct config_upstream *upstream)
{
    return upstream->protocol == CONFIG_POSTGRES && !upstream->is_passthrough;
}

void catalogs_follow(struct catalogs *catalogs, struct snapshot *snapshot)
{
    drop_entries(catalogs);
    catalogs_note(catalogs, snapshot);
    const struct config *config = snapshot_config(snapshot);
    catalogs->num_entries = config->num_upstreams;
    catalogs->entries = mem_new_array(config->num_upstreams, sizeof *catalogs->entries);
    for (size_t i = 0; i < config->num_upstreams; i++) {
        struct entry *e = &catalogs->entries[i];
        *e = (struct entry){.tag = CATALOGS_TAG,
                            .catalogs = catalogs,
                            .upstream_index = i,
                            .retry_us = FIRST_RETRY_US};
        deadline_init(&e->next, start_load);
        if (needs_catalog(&config->upstreams[i]) && catalogs->ops != NULL) {
            deadline_arm(catalogs->worker, &e->next, catalogs->worker->now_us);
        }
    }
}

_Atomic uint32_t *catalogs_wishes(struct catalogs *catalogs)
{
    return &catalogs->wishes;
}

bool catalogs_are_complete(const struct catalogs *catalogs)
{
    const struct config *config = snapshot_config(catalogs->snapshot);
    for (size_t i = 0; i < config->num_upstreams && catalogs->ops != NULL; i++) {
        if (needs_catalog(&config->upstreams[i]) &&
            snapshot_catalog(catalogs->snapshot, &config->upstreams[i]) == NULL) {
            return false;
        }
    }
    return true;
}

void catalogs_free(struct catalogs **catalogs)
{
    struct catalogs *c = *catalogs;
    *catalogs = NULL;
    if (c == NULL) {
        return;
    }
    drop_entries(c);
    deadline_disarm(&c->look);
    snapshot_unref(&c->snapshot);
    free(c);
}
