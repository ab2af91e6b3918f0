/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the upstream and loads its catalogue as the proxy does, over the same kind of link, for
 * the sub-commands that need one. Main thread of a process that does nothing else. */
#include "proxy/cli/live_catalog.h"

#include <stdio.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/catalog/lint.h"
#include "policy/snapshot.h"
#include "proxy/pg/pg.h"

#define FAILURE_MAX 512

const struct config_upstream *cli_live_upstream(const struct snapshot *snapshot, const char *name)
{
    const struct config *config = snapshot_config(snapshot);
    const struct config_upstream *chosen = NULL;
    if (!config->row.is_set) {
        fputs("ringfence: without isolation.row there are no schemas to look at\n", stderr);
        return NULL;
    }
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

/* Whether isolation is sound on it; else the first objection is said. */
static bool fits(const struct catalog *catalog, const struct config_row *row)
{
    struct catalog_problems problems = catalog_lint(catalog, row);
    bool is_sound = problems.num_errors == 0;
    for (size_t i = 0; i < problems.num_items && !is_sound; i++) {
        if (problems.items[i].is_error) {
            fprintf(stderr, "ringfence: isolation does not fit the database: %s\n",
                    problems.items[i].message);
            break;
        }
    }
    catalog_problems_fini(&problems);
    return is_sound;
}

bool cli_live_read(struct snapshot *snapshot, const struct config_upstream *upstream,
                   struct catalog **out)
{
    char failure[FAILURE_MAX];
    if (!pg_catalog_load_now(snapshot, upstream, out, failure, sizeof failure)) {
        fprintf(stderr, "ringfence: the catalogue cannot be loaded: %s\n", failure);
    }
    return *out != NULL;
}

enum cli_status cli_live_catalog(struct snapshot *snapshot, const char *upstream,
                                 struct catalog **out)
{
    *out = NULL;
    const struct config_upstream *chosen = cli_live_upstream(snapshot, upstream);
    if (chosen == NULL) {
        return CLI_USAGE;
    }
    if (!cli_live_read(snapshot, chosen, out)) {
        return CLI_FAILED;
    }
    if (!fits(*out, &snapshot_config(snapshot)->row)) {
        catalog_free(out);
        return CLI_FAILED;
    }
    return CLI_DONE;
}
