/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog: loads the catalogue of one upstream as the proxy does, over the same kind of link, and
 * prints it as JSON, which explain --catalog reads. Blocks until the load is done or failed. */
#include <stdio.h>
#include <stdlib.h>

#include "policy/catalog/catalog.h"
#include "policy/catalog/json.h"
#include "policy/snapshot.h"
#include "proxy/cli/cli.h"
#include "proxy/cli/live_catalog.h"
#include "proxy/cli/options.h"

static const char usage[] =
    "usage: ringfence catalog -c FILE [--upstream NAME]\n"
    "  -c, --config FILE  the configuration; RINGFENCE_... variables override its keys\n"
    "  --upstream NAME    whose catalogue; needed when there are several postgres upstreams\n";

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
    struct catalog *catalog = NULL;
    status =
        snapshot == NULL ? CLI_USAGE : (int)cli_live_catalog(snapshot, options.upstream, &catalog);
    if (status == CLI_DONE) {
        status = print_catalog(catalog);
    }
    catalog_free(&catalog);
    snapshot_unref(&snapshot);
    return status;
}
