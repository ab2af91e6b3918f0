/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps the catalogue of each PostgreSQL upstream: loads it at the start, again after failures,
 * at intervals, when its tables change, and soon after a statement named a relation that it does
 * not hold. How one is loaded is a protocol's business, given as two functions. Main thread. */
#ifndef PROXY_CATALOGS_H
#define PROXY_CATALOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog;
struct catalogs;
struct config_upstream;
struct snapshot;
struct worker;

/* The load ended, from worker's loop and never from inside start(). *catalog is the receiver's
 * (who takes it and leaves NULL); NULL when it failed, and then failure says why, in one line
 * without secrets. The load has released itself. */
typedef void catalog_loaded_fn(void *context, struct catalog **catalog, const char *failure);

/* The tables of an upstream may have changed; from worker's loop, never from inside watch(). */
typedef void catalog_changed_fn(void *context);

/* How a catalogue is loaded. */
struct catalog_load_ops {
    /* Connects to the upstream (of snapshot's configuration, both borrowed until the end), reads
     * the catalogue, disconnects, calls loaded once; within pool.connect_timeout_us and its own
     * bound for the queries. Never NULL. */
    void *(*start)(struct worker *worker, struct snapshot *snapshot,
                   const struct config_upstream *upstream, catalog_loaded_fn *loaded,
                   void *context);
    /* Tells when to load again, once at first and then whenever something has changed; keeps
     * trying. NULL: nobody knows. Borrows as start does, until unwatch. Never NULL. */
    void *(*watch)(struct worker *worker, struct snapshot *snapshot,
                   const struct config_upstream *upstream, catalog_changed_fn *changed,
                   void *context);
    void (*unwatch)(void *watch);
    void (*stop)(void *load); /* before loaded was called: releases it, loaded is not called */
};

/* A new catalogue of the upstream with that index in the configuration of snapshot; NULL: it has
 * none any more, since its tables do not fit the configuration. */
typedef void catalogs_fn(void *context, struct snapshot *snapshot, size_t upstream_index,
                         struct catalog **catalog);

/* Loads nothing yet. changed is called when a load gave another catalogue than the snapshot has. */
struct catalogs *catalogs_new(struct worker *worker, const struct catalog_load_ops *ops,
                              catalogs_fn *changed, void *context);

/* The configuration to work for from now on: loads everything again at once. Takes a reference. */
void catalogs_follow(struct catalogs *catalogs, struct snapshot *snapshot);

/* The snapshot that a new catalogue made, so that the next load compares with it. */
void catalogs_note(struct catalogs *catalogs, struct snapshot *snapshot);

/* How often workers asked for a fresh catalogue; for worker->catalog_wishes. */
_Atomic uint32_t *catalogs_wishes(struct catalogs *catalogs);

/* Whether every PostgreSQL upstream has one. */
bool catalogs_are_complete(const struct catalogs *catalogs);

/* Stops what is being loaded and releases everything. NULL inside is fine. */
void catalogs_free(struct catalogs **catalogs);

#endif
