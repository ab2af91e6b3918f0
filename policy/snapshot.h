/* SPDX-License-Identifier: Apache-2.0
 *
 * One immutable version of everything decisions depend on: configuration, tenant rules, users of
 * each listener, catalogue of each upstream. Sessions and plans hold a reference; the last one to
 * let go frees it. The count is atomic, so workers may share a snapshot; nothing else changes. */
#ifndef POLICY_SNAPSHOT_H
#define POLICY_SNAPSHOT_H

#include <stdint.h>

#include "policy/catalog/catalog.h"
#include "policy/config/config.h"
#include "policy/config/load.h"
#include "policy/tenant/identify.h"
#include "policy/tenant/users_file.h"
#include "protocol/compiler.h"

struct snapshot;

/* Compiles the rules and reads the users files of *config, then takes the config over (*config
 * becomes NULL, also on failure). No catalogue is in it yet. The caller gets one reference. */
MUST_USE enum config_status snapshot_new(struct config **config, uint64_t epoch,
                                         struct snapshot **out, struct config_error *out_error);

/* A snapshot like old, which stays as it is, but with *catalog (taken over, becomes NULL) for
 * config->upstreams[upstream_index]; NULL: without one. The caller gets one reference. Never NULL.
 */
struct snapshot *snapshot_with_catalog(struct snapshot *old, size_t upstream_index,
                                       struct catalog **catalog, uint64_t epoch);

/* Gives fresh, which nobody else has seen yet, the catalogues of old for those upstreams that are
 * the same place: name, endpoints, database, user and managed schemas. So a reload serves on
 * while catalogues are read again. */
void snapshot_keep_catalogs(struct snapshot *fresh, const struct snapshot *old);

/* Gives a fresh snapshot, which nobody else has seen yet, a thing that lives as long as its
 * configuration does, and is shared by the snapshots that snapshot_with_catalog makes of it. */
void snapshot_attach(struct snapshot *fresh, void *thing, void (*release)(void *thing));

/* What was attached, or NULL. Borrows. */
void *snapshot_attachment(const struct snapshot *snapshot);

struct snapshot *snapshot_ref(struct snapshot *snapshot);

/* Gives one reference up and clears the pointer; NULL is fine. */
void snapshot_unref(struct snapshot **snapshot);

/* What is in it; all borrow from the snapshot. */
uint64_t snapshot_epoch(const struct snapshot *snapshot);
const struct config *snapshot_config(const struct snapshot *snapshot);
const struct tenant_rules *snapshot_tenant_rules(const struct snapshot *snapshot);

/* The users of a listener of this snapshot's config; NULL when its auth is trust. */
const struct users *snapshot_users(const struct snapshot *snapshot,
                                   const struct config_listener *listener);

/* The users of the console with that right; NULL when there are none. */
const struct users *snapshot_console_users(const struct snapshot *snapshot,
                                           enum config_right right);

/* The catalogue of an upstream of this snapshot's config; NULL as long as none was loaded. */
const struct catalog *snapshot_catalog(const struct snapshot *snapshot,
                                       const struct config_upstream *upstream);

#endif
