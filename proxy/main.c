/* SPDX-License-Identifier: Apache-2.0
 *
 * The program's entry: finds the sub-command and hands over. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy/config/config.h"
#include "proxy/cli_serve.h"
#include "proxy/explain/explain.h"
#include "proxy/pg/pg.h"
#include "proxy/catalogs.h"
#include "proxy/net/protocol.h"
#include "proxy/server.h"

#define EXIT_USAGE 2

/* Gets the arguments from the sub-command's name on; answers the exit status. */
typedef int command_fn(int argc, char **argv);

static int run_serve(int argc, char **argv)
{
    const struct server_parts parts = {
        .protocols = {[CONFIG_POSTGRES] = &pg_protocol_ops},
        .catalog_load = &pg_catalog_load_ops,
        .environment = environ,
    };
    return cli_serve(argc - 1, argv + 1, &parts);
}

static int run_explain(int argc, char **argv)
{
    return explain_command(argc, argv, stdout, stderr);
}

static int run_version(int argc, char **argv)
{
    (void)argv;
    if (argc != 1) {
        fputs("usage: ringfence version\n", stderr);
        return EXIT_USAGE;
    }
    puts("ringfence " RINGFENCE_VERSION);
    return 0;
}

static const struct {
    const char *name;
    command_fn *run;
} commands[] = {
    {"serve", run_serve},
    {"explain", run_explain},
    {"version", run_version},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fputs("usage: ringfence serve|check|explain|catalog|version\n", stderr);
    return EXIT_USAGE;
}
