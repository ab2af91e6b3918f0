/* SPDX-License-Identifier: Apache-2.0
 *
 * policy: what a database needs besides the proxy. sql reads the catalogue of one upstream, as
 * catalog does, and prints the DDL of row security; lint is in a file of its own. */
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
#include "proxy/cli/policy_lint.h"

static const char usage[] =
    "usage: ringfence policy sql|lint -c FILE [--upstream NAME]\n"
    "  -c, --config FILE  the configuration; RINGFENCE_... variables override its keys\n"
    "  --upstream NAME    whose database; needed when there are several postgres upstreams\n"
    "sql prints SQL that installs row security on the tenants' tables, for isolation.row.enforce: "
    "both\n"
    "lint prints what in the database tells tenants of each other, one finding a line:\n"
    "  severity, object and finding, with tabs between; exits with 0 when there is none, 1 when\n"
    "  there is, 2 when it could not look\n";

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

static int print_sql(const struct cli_options *options, char *const *environment)
{
    struct snapshot *snapshot = cli_load(options->config, environment);
    struct catalog *catalog = NULL;
    int status =
        snapshot == NULL ? CLI_USAGE : (int)cli_live_catalog(snapshot, options->upstream, &catalog);
    if (status == CLI_DONE) {
        status = print_policies(catalog, &snapshot_config(snapshot)->row);
    }
    catalog_free(&catalog);
    snapshot_unref(&snapshot);
    return status;
}

static const struct command {
    const char *name;
    int (*run)(const struct cli_options *options, char *const *environment);
} commands[] = {{"sql", print_sql}, {"lint", cli_policy_lint}};

int cli_policy(int argc, char **argv, char *const *environment)
{
    struct cli_options options;
    int status = CLI_FAILED;
    bool is_help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return cli_options_read(argc - 1, argv + 1, usage, true, &options, &status)
                       ? commands[i].run(&options, environment)
                       : status;
        }
    }
    fputs(usage, is_help ? stdout : stderr);
    return is_help ? CLI_DONE : CLI_USAGE;
}
