/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the upstream and loads its catalogue as the proxy does, over the same kind of link, for
 * the sub-commands that need one. Main thread of a process that does nothing else. */
#include "proxy/cli/live_catalog.h"

#include <stdio.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/snapshot.h"
#include "proxy/pg/pg.h"

/* The upstream of that name, or the only one; NULL (said why) when there is none. */
static const struct config_upstream *choose(const struct config *config, const char *name)
{
    const struct config_upstream *chosen = NULL;
    size_t num_fitting = 0;
    for (size_t i = 0; i < config->num_upstreams; i++) {
        const struct config_upstream *u = &config->upstreams[i];
        if (u->protocol == CONFIG_POSTGRES && (name == NULL || strcmp(u->name, name) == 0)) {
            chosen = u;
            num_fitting++;
        }
    }
    if (num_fitting == 1) {
        return chosen;
    }
    if (name != NULL) {
        fprintf(stderr, "ringfence: no postgres upstream is called \"%s\"\n", name);
    } else {
        fprintf(stderr, "ringfence: which of %zu postgres upstreams? --upstream NAME says it\n",
                num_fitting);
    }
    return NULL;
}

enum cli_status cli_live_catalog(struct snapshot *snapshot, const char *upstream,
                                 struct catalog **out)
{
    *out = NULL;
    const struct config_upstream *chosen = choose(snapshot_config(snapshot), upstream);
    if (chosen == NULL) {
        return CLI_USAGE;
    }
    char failure[512];
    if (!pg_catalog_load_now(snapshot, chosen, out, failure, sizeof failure)) {
        fprintf(stderr, "ringfence: the catalogue cannot be loaded: %s\n", failure);
        return CLI_FAILED;
    }
    return CLI_DONE;
}
