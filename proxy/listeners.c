/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of acceptors. An entry outlives reloads while some listener has its address; which
 * listener that is comes from the newest snapshot, so a connection is always accepted under the
 * newest rules. New sets are built aside and take over only when whole. Main thread. */
#include "proxy/listeners.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/net/acceptor.h"

#define ENTRY_TAG 0x1157e4e2U

struct entry {
    uint32_t tag;
    struct listeners *listeners;          /* borrows */
    struct acceptor *acceptor;            /* owns */
    const struct config_listener *config; /* borrows from listeners->snapshot */
};

struct listeners {
    struct worker *worker; /* borrows */
    listeners_fn *accepted;
    void *context;
    struct snapshot *snapshot; /* shares */
    struct entry **entries;    /* owns; as the configuration's listeners */
    size_t num_entries;
};

static void on_accepted(void *context, int fd, enum incoming_peer peer, const char *name)
{
    struct entry *e = context;
    check(e->tag == ENTRY_TAG);
    struct incoming incoming = {
        .fd = fd, .peer = peer, .listener = e->config, .snapshot = e->listeners->snapshot};
    size_t len = strnlen(name, sizeof incoming.name - 1);
    memcpy(incoming.name, name, len);
    e->listeners->accepted(e->listeners->context, &incoming);
}

static void entry_free(struct entry *e)
{
    if (e != NULL) {
        acceptor_free(&e->acceptor);
        free(e);
    }
}

static bool holds(struct entry *const *set, size_t num, const struct entry *e)
{
    for (size_t i = 0; i < num; i++) {
        if (set[i] == e) {
            return true;
        }
    }
    return false;
}

/* The old entry for an address that the new set does not hold yet; NULL when there is none. */
static struct entry *find_old(const struct listeners *l, const struct config_address *bind,
                              struct entry *const *set, size_t num_set)
{
    for (size_t i = 0; i < l->num_entries; i++) {
        struct entry *e = l->entries[i];
        if (strcmp(e->config->bind.text, bind->text) == 0 && !holds(set, num_set, e)) {
            return e;
        }
    }
    return NULL;
}

static struct entry *open_new(struct listeners *l, const struct config_listener *config)
{
    struct entry *e = mem_new(sizeof *e);
    const char *failure = NULL;
    e->tag = ENTRY_TAG;
    e->listeners = l;
    e->config = config;
    e->acceptor = acceptor_new(l->worker, &config->bind, on_accepted, e, &failure);
    if (e->acceptor == NULL) {
        log_event(LOG_LISTEN_FAILED, log_text("listener", config->name),
                  log_text("address", config->bind.text), log_text("error", failure));
        entry_free(e);
        return NULL;
    }
    log_event(LOG_LISTENING, log_text("listener", config->name),
              log_text("address", acceptor_address(e->acceptor)),
              log_text("protocol", config->protocol == CONFIG_POSTGRES ? "postgres" : "redis"));
    return e;
}

/* Fills set with kept and new entries; false when one could not be opened. */
static bool build(struct listeners *l, const struct config *config, struct entry **set)
{
    for (size_t i = 0; i < config->num_listeners; i++) {
        set[i] = find_old(l, &config->listeners[i].bind, set, i);
        set[i] = set[i] != NULL ? set[i] : open_new(l, &config->listeners[i]);
        if (set[i] == NULL) {
            return false;
        }
    }
    return true;
}

/* Releases the entries of `from` that `kept` does not hold, and the array. */
static void drop(struct entry **from, size_t num_from, struct entry *const *kept, size_t num_kept)
{
    for (size_t i = 0; i < num_from; i++) {
        if (from[i] != NULL && !holds(kept, num_kept, from[i])) {
            entry_free(from[i]);
        }
    }
    free(from);
}

struct listeners *listeners_new(struct worker *worker, listeners_fn *accepted, void *context)
{
    struct listeners *l = mem_new(sizeof *l);
    *l = (struct listeners){.worker = worker, .accepted = accepted, .context = context};
    return l;
}

bool listeners_follow(struct listeners *listeners, struct snapshot *snapshot)
{
    struct listeners *l = listeners;
    const struct config *config = snapshot_config(snapshot);
    struct entry **set = mem_new_array(config->num_listeners, sizeof(struct entry *));
    if (!build(l, config, set)) {
        drop(set, config->num_listeners, l->entries, l->num_entries);
        return false;
    }
    drop(l->entries, l->num_entries, set, config->num_listeners);
    for (size_t i = 0; i < config->num_listeners; i++) {
        set[i]->config = &config->listeners[i];
    }
    l->entries = set;
    l->num_entries = config->num_listeners;
    struct snapshot *old = l->snapshot;
    l->snapshot = snapshot_ref(snapshot);
    snapshot_unref(&old);
    return true;
}

void listeners_close(struct listeners *listeners)
{
    drop(listeners->entries, listeners->num_entries, NULL, 0);
    listeners->entries = NULL;
    listeners->num_entries = 0;
}

const char *listeners_address(const struct listeners *listeners, const char *name)
{
    for (size_t i = 0; i < listeners->num_entries; i++) {
        if (strcmp(listeners->entries[i]->config->name, name) == 0) {
            return acceptor_address(listeners->entries[i]->acceptor);
        }
    }
    return NULL;
}

void listeners_free(struct listeners **listeners)
{
    struct listeners *l = *listeners;
    *listeners = NULL;
    if (l == NULL) {
        return;
    }
    listeners_close(l);
    snapshot_unref(&l->snapshot);
    free(l);
}
