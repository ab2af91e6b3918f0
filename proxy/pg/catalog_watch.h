/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices that the tables of an upstream have changed: watch and unwatch of catalog_load_ops. */
#ifndef PROXY_PG_CATALOG_WATCH_H
#define PROXY_PG_CATALOG_WATCH_H

#include "proxy/catalogs.h"

void *pg_catalog_watch(struct worker *worker, struct snapshot *snapshot,
                       const struct config_upstream *upstream, catalog_changed_fn *changed,
                       void *context);
void pg_catalog_unwatch(void *watch);

#endif
