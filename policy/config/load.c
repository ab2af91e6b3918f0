/* SPDX-License-Identifier: Apache-2.0
 *
 * The way from a file to a configuration: positions (document), shape (libcyaml), then the values
 * part by part. The first fault ends it; a config is whole or there is none. Borrows the text for
 * the time of the call. Any thread; touches nothing but the files that are named. */
#include "policy/config/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/parts.h"
#include "policy/config/raw_load.h"
#include "protocol/check.h"
#include "protocol/mem.h"

char *resolve_path(const struct reading *reading, const char *name)
{
    const char *base = reading->input->path;
    const char *slash = strrchr(base, '/');
    if (name[0] == '/' || slash == NULL) {
        return mem_copy_string(name, strlen(name));
    }
    size_t folder_len = (size_t)(slash - base) + 1;
    size_t name_len = strlen(name);
    char *path = mem_new(folder_len + name_len + 1);
    memcpy(path, base, folder_len);
    memcpy(path + folder_len, name, name_len);
    return path;
}

enum config_status read_rest(struct reading *reading, const struct raw_config *raw)
{
    struct config *config = reading->config;
    struct section_place root = {0};
    struct section_place limits = section_below(reading, &root, "limits");
    struct section_place log = section_below(reading, &root, "log");
    uint64_t given = 0;
    if (section_read(reading, SECTION_LIMITS, &limits, &raw->limits, &config->limits, &given) !=
            CONFIG_OK ||
        section_read(reading, SECTION_LOG, &log, &raw->log, &config->log, &given) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    return CONFIG_OK;
}

static void warn_unused_variables(struct reading *reading)
{
    size_t len = 0;
    const char *name = override_next_unused(reading->overrides, &len);
    for (; name != NULL; name = override_next_unused(reading->overrides, &len)) {
        warn(reading, "environment: %.*s stands for no key of this configuration",
             (int)(len < 200 ? len : 200), name);
    }
}

static enum config_status read_parts(struct reading *reading, const struct raw_config *raw)
{
    if (read_upstreams(reading, raw) != CONFIG_OK || read_listeners(reading, raw) != CONFIG_OK ||
        read_tenants(reading, raw) != CONFIG_OK || read_isolation(reading, raw) != CONFIG_OK ||
        read_rest(reading, raw) != CONFIG_OK || read_admin(reading, raw) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    warn_unused_variables(reading);
    return CONFIG_OK;
}

static enum config_status read_file(struct reading *reading)
{
    const struct config_input *input = reading->input;
    struct document *document = NULL;
    struct raw_file raw = {0};
    enum config_status status = document_parse(input->text, input->path, &document, reading->error);
    reading->document = document;
    if (status == CONFIG_OK) {
        status = check_upstream_names(reading);
    }
    if (status == CONFIG_OK) {
        status = raw_file_load(input->text, input->path, document, &raw, reading->error);
    }
    if (status == CONFIG_OK) {
        status = read_parts(reading, raw.config);
    }
    raw_file_fini(&raw);
    document_free(&document);
    return status;
}

enum config_status config_load_text(const struct config_input *input, struct config **out,
                                    struct config_error *out_error)
{
    check(input != NULL && input->path != NULL && input->read_file != NULL);
    check(out != NULL && out_error != NULL);
    struct config *config = mem_new(sizeof *config);
    struct overrides overrides;
    config->path = mem_copy_string(input->path, strlen(input->path));
    config->warnings = mem_new(sizeof *config->warnings);
    overrides_init(&overrides, input->environment);
    *out_error = (struct config_error){0};
    struct reading reading = {.input = input,
                              .file = input->path,
                              .overrides = &overrides,
                              .config = config,
                              .error = out_error};
    enum config_status status = read_file(&reading);
    overrides_fini(&overrides);
    if (status != CONFIG_OK) {
        config_free(&config);
    }
    *out = config;
    return status;
}

enum config_status config_load(const char *path, char *const *environment, struct config **out,
                               struct config_error *out_error)
{
    check(path != NULL && out != NULL && out_error != NULL);
    struct config_file file = {0};
    *out = NULL;
    *out_error = (struct config_error){0};
    snprintf(out_error->file, sizeof out_error->file, "%s", path);
    char reason[256] = "";
    if (!config_read_file(NULL, path, CONFIG_FILE_MAX, &file, reason, sizeof reason)) {
        snprintf(out_error->message, sizeof out_error->message, "cannot be read: %s", reason);
        return CONFIG_WRONG;
    }
    struct config_input input = {.path = path,
                                 .text = slice_of(file.bytes, file.len),
                                 .environment = environment,
                                 .read_file = config_read_file};
    enum config_status status = config_load_text(&input, out, out_error);
    config_file_fini(&file);
    return status;
}

void config_error_print(const struct config_error *error, char *text, size_t cap)
{
    check(error != NULL && text != NULL && cap > 0);
    if (error->line > 0) {
        snprintf(text, cap, "%s:%u:%u: %s", error->file, error->line, error->column,
                 error->message);
    } else {
        snprintf(text, cap, "%s: %s", error->file, error->message);
    }
}
