/* SPDX-License-Identifier: Apache-2.0
 *
 * policy sql: reads the catalogue of one upstream, as catalog does, and prints the DDL that its
 * database needs for row security. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/catalog/policies.h"
#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "proxy/cli/cli.h"
#include "proxy/cli/live_catalog.h"
#include "proxy/cli/options.h"

static const char usage[] =
    "usage: ringfence policy sql -c FILE [--upstream NAME]\n"
    "  -c, --config FILE  the configuration; RINGFENCE_... variables override its keys\n"
    "  --upstream NAME    whose database; needed when there are several postgres upstreams\n"
    "prints SQL that installs row security on the tenants' tables, for isolation.row.enforce: "
    "both\n";

static int print_policies(const struct catalog *catalog, const struct config_row *row)
{
    char *text = catalog_policies_sql(catalog, row);
    bool is_written = fputs(text, stdout) >= 0 && fflush(stdout) == 0;
    free(text);
    if (!is_written) {
        perror("ringfence: standard output");
    }
    return is_written ? CLI_DONE : CLI_FAILED;
}

int cli_policy(int argc, char **argv, char *const *environment)
{
    struct cli_options options;
    int status = CLI_FAILED;
    bool is_help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (is_help || argc < 2 || strcmp(argv[1], "sql") != 0) {
        fputs(usage, is_help ? stdout : stderr);
        return is_help ? CLI_DONE : CLI_USAGE;
    }
    if (!cli_options_read(argc - 1, argv + 1, usage, true, &options, &status)) {
        return status;
    }
    struct snapshot *snapshot = cli_load(options.config, environment);
    struct catalog *catalog = NULL;
    status =
        snapshot == NULL ? CLI_USAGE : (int)cli_live_catalog(snapshot, options.upstream, &catalog);
    if (status == CLI_DONE) {
        status = print_policies(catalog, &snapshot_config(snapshot)->row);
    }
    catalog_free(&catalog);
    snapshot_unref(&snapshot);
    return status;
}
