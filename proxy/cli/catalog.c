/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog: loads the catalogue of one upstream as the proxy does, over the same kind of link, and
 * prints it as JSON, which explain --catalog reads. Blocks until the load is done or failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/catalog/json.h"
#include "policy/snapshot.h"
#include "proxy/cli/cli.h"
#include "proxy/cli/options.h"
#include "proxy/pg/pg.h"

static const char usage[] =
    "usage: ringfence catalog -c FILE [--upstream NAME]\n"
    "  -c, --config FILE  the configuration; RINGFENCE_... variables override its keys\n"
    "  --upstream NAME    whose catalogue; needed when there are several postgres upstreams\n";

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
    if (num_fitting != 1) {
        fprintf(stderr,
                name != NULL ? "ringfence: no postgres upstream is called \"%s\"\n%s"
                             : "ringfence: which upstream?%s\n%s",
                name != NULL ? name : "", usage);
        return NULL;
    }
    return chosen;
}

static int print_catalog(const struct catalog *catalog)
{
    char *text = catalog_to_json(catalog);
    bool is_written = puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    if (!is_written) {
        perror("ringfence: standard output");
    }
    return is_written ? CLI_DONE : CLI_FAILED;
}

int cli_catalog(int argc, char **argv, char *const *environment)
{
    struct cli_options options;
    int status = CLI_FAILED;
    if (!cli_options_read(argc, argv, usage, true, &options, &status)) {
        return status;
    }
    struct snapshot *snapshot = cli_load(options.config, environment);
    const struct config_upstream *upstream =
        snapshot != NULL ? choose(snapshot_config(snapshot), options.upstream) : NULL;
    if (upstream == NULL) {
        snapshot_unref(&snapshot);
        return CLI_USAGE;
    }
    struct catalog *catalog = NULL;
    char failure[512];
    if (pg_catalog_load_now(snapshot, upstream, &catalog, failure, sizeof failure)) {
        status = print_catalog(catalog);
    } else {
        fprintf(stderr, "ringfence: the catalogue cannot be loaded: %s\n", failure);
        status = CLI_FAILED;
    }
    catalog_free(&catalog);
    snapshot_unref(&snapshot);
    return status;
}
