/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of explain: reads the options, the configuration and the catalogue, hands the
 * text over and prints the report. A tenant that the configuration does not list is refused here
 * as a session would be. Runs in the main thread of a process that does nothing else. */
#include "proxy/explain/explain.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/json.h"
#include "policy/config/load.h"
#include "policy/snapshot.h"
#include "protocol/mem.h"
#include "proxy/cli/live_catalog.h"
#include "proxy/cli/options.h"
#include "proxy/explain/report.h"

#define INPUT_MAX ((size_t)16 << 20) /* 16 MiB of standard input: above any statement's cap */

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

struct options {
    const char *config;
    const char *catalog;
    const char *upstream;
    const char *tenant;
    const char *sql;
    const char *redis;
    bool is_json;
    bool is_batch;
    enum sql_protocol protocol;
};

static const char usage[] =
    "usage: ringfence explain -c FILE --tenant ID (--sql TEXT|- | --batch | --redis COMMAND)\n"
    "                         [--catalog FILE | --upstream NAME] [--extended] [--json]\n"
    "  --sql TEXT      the statement; - reads it from standard input\n"
    "  --batch         standard input holds one statement a line, each as a JSON string; the\n"
    "                  answer is one JSON object a line\n"
    "  --redis COMMAND the command, as in redis-cli\n"
    "  --catalog FILE  what `ringfence catalog` printed; without it the upstream is asked\n"
    "  --upstream NAME which upstream, when there are several\n"
    "  --extended      as a Parse message: the tenant is a parameter instead of a literal\n"
    "  --json          one JSON object instead of text\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},  {"tenant", required_argument, NULL, 't'},
    {"sql", required_argument, NULL, 's'},     {"redis", required_argument, NULL, 'r'},
    {"catalog", required_argument, NULL, 'k'}, {"upstream", required_argument, NULL, 'u'},
    {"extended", no_argument, NULL, 'x'},      {"json", no_argument, NULL, 'j'},
    {"batch", no_argument, NULL, 'b'},         {NULL, 0, NULL, 0},
};

static bool take_option(struct options *options, int letter)
{
    switch (letter) {
    case 'c':
        options->config = optarg;
        return true;
    case 't':
        options->tenant = optarg;
        return true;
    case 's':
        options->sql = optarg;
        return true;
    case 'r':
        options->redis = optarg;
        return true;
    case 'k':
        options->catalog = optarg;
        return true;
    case 'u':
        options->upstream = optarg;
        return true;
    case 'x':
        options->protocol = SQL_EXTENDED;
        return true;
    case 'j':
        options->is_json = true;
        return true;
    case 'b':
        options->is_batch = true;
        return true;
    default:
        return false;
    }
}

static bool parse_options(int argc, char **argv, struct options *out)
{
    *out = (struct options){.protocol = SQL_SIMPLE};
    optind = 1;
    opterr = 0;
    int letter;
    while ((letter = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
        if (!take_option(out, letter)) {
            return false;
        }
    }
    int num_subjects = (out->sql != NULL) + (out->redis != NULL) + out->is_batch;
    return optind == argc && out->config != NULL && out->tenant != NULL && num_subjects == 1;
}

/* Everything on standard input, owned by the caller; NULL when it is longer than INPUT_MAX. */
static char *read_input(size_t *out_len)
{
    char *text = mem_new(INPUT_MAX + 1);
    size_t len = fread(text, 1, INPUT_MAX + 1, stdin);
    if (len > INPUT_MAX || ferror(stdin)) {
        free(text);
        return NULL;
    }
    *out_len = len;
    return text;
}

static const struct config_tenant *find_tenant(const struct config *config, const char *id)
{
    for (size_t i = 0; i < config->num_tenants; i++) {
        if (strcmp(config->tenants[i].id, id) == 0) {
            return &config->tenants[i];
        }
    }
    return NULL;
}

static int load_catalog_file(const char *path, struct catalog **out, FILE *err)
{
    char message[512] = "";
    struct config_file file = {0};
    bool loaded = config_read_file(NULL, path, CATALOG_JSON_MAX, &file, message, sizeof message) &&
                  catalog_from_json(slice_of(file.bytes, file.len), out, message, sizeof message) ==
                      CATALOG_OK;
    config_file_fini(&file);
    if (!loaded) {
        fprintf(err, "%s: %s\n", path, message);
    }
    return loaded ? EXIT_DONE : EXIT_USAGE;
}

static int report_sql(const struct options *options, const struct explain_subject *subject,
                      const struct catalog *catalog, FILE *out, FILE *err)
{
    char *input = NULL;
    struct slice sql = slice_text(options->sql);
    if (strcmp(options->sql, "-") == 0) {
        input = read_input(&sql.len);
        sql.ptr = (const uint8_t *)input;
        if (input == NULL) {
            fputs("cannot read the statement from standard input\n", err);
            return EXIT_FAILED;
        }
    }
    json_t *report = explain_sql(subject, catalog, sql, options->protocol);
    (options->is_json ? explain_print_json : explain_print_text)(report, out);
    json_decref(report);
    free(input);
    return EXIT_DONE;
}

/* One report for each line of standard input, flushed at once: the other end may wait for it. */
static int report_batch(const struct options *options, const struct explain_subject *subject,
                        const struct catalog *catalog, FILE *out, FILE *err)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int status = EXIT_DONE;
    while (status == EXIT_DONE && (len = getline(&line, &cap, stdin)) >= 0) {
        json_t *sql = json_loadb(line, (size_t)len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (json_is_string(sql)) {
            struct slice text = slice_of(json_string_value(sql), json_string_length(sql));
            json_t *report = explain_sql(subject, catalog, text, options->protocol);
            explain_print_json(report, out);
            fflush(out);
            json_decref(report);
        } else {
            fputs("a line of standard input is not a JSON string\n", err);
            status = EXIT_FAILED;
        }
        json_decref(sql);
    }
    free(line);
    return status;
}

static int explain_with_catalog(const struct options *options, struct snapshot *snapshot,
                                const struct explain_subject *subject, FILE *out, FILE *err)
{
    if (!subject->config->row.is_set) {
        fputs("this configuration has no isolation.row, and so no SQL to explain\n", err);
        return EXIT_USAGE;
    }
    struct catalog *catalog = NULL;
    int status = options->catalog != NULL
                     ? load_catalog_file(options->catalog, &catalog, err)
                     : (int)cli_live_catalog(snapshot, options->upstream, &catalog);
    if (status == EXIT_DONE) {
        status =
            (options->is_batch ? report_batch : report_sql)(options, subject, catalog, out, err);
    }
    catalog_free(&catalog);
    return status;
}

static int report_redis(const struct options *options, const struct explain_subject *subject,
                        FILE *out, FILE *err)
{
    if (!subject->config->redis.is_set) {
        fputs("this configuration has no isolation.redis, and so no command to explain\n", err);
        return EXIT_USAGE;
    }
    json_t *report = explain_redis(subject, options->redis);
    if (report == NULL) {
        fputs("--redis wants a command: words, with double quotes around those with blanks\n", err);
        return EXIT_USAGE;
    }
    (options->is_json ? explain_print_json : explain_print_text)(report, out);
    json_decref(report);
    return EXIT_DONE;
}

static int explain(const struct options *options, struct snapshot *snapshot, FILE *out, FILE *err)
{
    const struct config *config = snapshot_config(snapshot);
    const struct config_tenant *tenant = find_tenant(config, options->tenant);
    if (tenant == NULL || tenant->state != TENANT_ACTIVE) {
        fprintf(err, "%s is not an active tenant of this configuration\n", options->tenant);
        return EXIT_USAGE;
    }
    struct explain_subject subject = {.config = config, .tenant = slice_text(tenant->id)};
    if (options->redis != NULL) {
        return report_redis(options, &subject, out, err);
    }
    return explain_with_catalog(options, snapshot, &subject, out, err);
}

int explain_command(int argc, char **argv, char *const *environment, FILE *out, FILE *err)
{
    struct options options;
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, err);
        return EXIT_USAGE;
    }
    struct snapshot *snapshot = cli_load(options.config, environment);
    int status = snapshot != NULL ? explain(&options, snapshot, out, err) : EXIT_USAGE;
    snapshot_unref(&snapshot);
    return status;
}
