/* SPDX-License-Identifier: Apache-2.0
 *
 * The program's entry: finds the sub-command in one table and hands over. The environment is read
 * here and passed on; nothing below looks at it by itself. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy/config/config.h"
#include "proxy/cli/cli.h"
#include "proxy/explain/explain.h"
#include "proxy/pg/pg.h"
#include "proxy/redis/redis.h"
#include "proxy/server.h"

static const char usage[] =
    "usage: ringfence COMMAND [OPTIONS]\n"
    "  serve   -c FILE   run the proxy\n"
    "  check   -c FILE   validate the configuration and print what is in force\n"
    "  explain -c FILE   show what would become of a statement or command of a tenant\n"
    "  catalog -c FILE   print what is known of an upstream's database\n"
    "  policy sql -c FILE  print the SQL that makes row security the second wall\n"
    "  policy lint -c FILE print what in the database tells tenants of each other\n"
    "  version           print the versions of the program and its libraries\n"
    "exit status: 0 done, 1 failed, 2 bad usage or configuration;\n"
    "             policy lint: 0 clean, 1 findings, 2 failed\n";

typedef int command_fn(int argc, char **argv);

static int run_serve(int argc, char **argv)
{
    const struct server_parts parts = {
        .protocols = {[CONFIG_POSTGRES] = &pg_protocol_ops, [CONFIG_REDIS] = &redis_protocol_ops},
        .catalog_load = &pg_catalog_load_ops,
        .environment = environ,
    };
    return cli_serve(argc, argv, &parts);
}

static int run_check(int argc, char **argv)
{
    return cli_check(argc, argv, environ);
}

static int run_catalog(int argc, char **argv)
{
    return cli_catalog(argc, argv, environ);
}

static int run_policy(int argc, char **argv)
{
    return cli_policy(argc, argv, environ);
}

static int run_explain(int argc, char **argv)
{
    return explain_command(argc, argv, environ, stdout, stderr);
}

static int run_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs(usage, stdout);
    return CLI_DONE;
}

static const struct command {
    const char *name;
    command_fn *run;
} commands[] = {
    {"serve", run_serve},     {"check", run_check},     {"explain", run_explain},
    {"catalog", run_catalog}, {"version", cli_version}, {"help", run_help},
    {"policy", run_policy},   {"--help", run_help},     {"--version", cli_version},
    {"-h", run_help},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (argc > 1) {
        fprintf(stderr, "ringfence: there is no command \"%.40s\"\n", argv[1]);
    }
    fputs(usage, stderr);
    return CLI_USAGE;
}
