/* SPDX-License-Identifier: Apache-2.0
 *
 * tenants: the rules that identify one, and the list of those that exist, which is a file of its
 * own: it changes more often and may be long. The list is kept sorted by id. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/parts.h"
#include "policy/config/raw_load.h"
#include "protocol/mem.h"

#define RULES_MAX 16

static enum config_status take_rule(struct reading *reading, const struct section_place *place,
                                    struct identify_values *values)
{
    struct config *config = reading->config;
    struct config_identify rule = {0};
    size_t num_given = 0;
    for (size_t kind = 0; kind < NUM_IDENTIFY_KINDS; kind++) {
        if (values->value[kind] != NULL) {
            num_given++;
            rule = (struct config_identify){.kind = (enum config_identify_kind)kind,
                                            .value = values->value[kind]};
        }
    }
    if (num_given != 1) {
        for (size_t kind = 0; kind < NUM_IDENTIFY_KINDS; kind++) {
            free(values->value[kind]);
        }
        return refuse(
            reading, place->node,
            "%s: expected exactly one of startup_user, startup_option, redis_user, static",
            place->path);
    }
    const char *key = section_at(SECTION_IDENTIFY)->keys[rule.kind].name;
    struct config_position at =
        document_position(reading->document, document_child(reading->document, place->node, key));
    rule.line = at.line;
    rule.column = at.column;
    config->identify[config->num_identify++] = rule;
    return CONFIG_OK;
}

static enum config_status read_rules(struct reading *reading, const struct section_place *tenants,
                                     const struct raw_tenants *raw)
{
    struct config *config = reading->config;
    if (raw->identify_count == 0 || raw->identify_count > RULES_MAX) {
        struct section_place list = section_below(reading, tenants, "identify");
        return refuse(reading, list.nearest, "%s: expected a list of 1 to %d rules", list.path,
                      RULES_MAX);
    }
    config->identify = mem_new_array(raw->identify_count, sizeof *config->identify);
    for (unsigned i = 0; i < raw->identify_count; i++) {
        char label[16];
        snprintf(label, sizeof label, "%u", i);
        struct section_place place = section_entry(reading, tenants, "identify", i, label);
        struct identify_values values = {0};
        uint64_t given = 0;
        enum config_status status =
            section_read(reading, SECTION_IDENTIFY, &place, &raw->identify[i], &values, &given);
        if (status != CONFIG_OK) {
            for (size_t kind = 0; kind < NUM_IDENTIFY_KINDS; kind++) {
                free(values.value[kind]);
            }
            return CONFIG_WRONG;
        }
        if (take_rule(reading, &place, &values) != CONFIG_OK) {
            return CONFIG_WRONG;
        }
    }
    return CONFIG_OK;
}

/* The tenants file's entry a tenant came from, to report a double where its second one stands. */
struct numbered {
    struct config_tenant tenant;
    uint32_t index;
};

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *left = a;
    const struct numbered *right = b;
    int order = strcmp(left->tenant.id, right->tenant.id);
    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

/* Sorts and moves the tenants into the config. */
static enum config_status take_tenants(struct reading *reading, struct numbered *items,
                                       size_t count)
{
    struct config *config = reading->config;
    qsort(items, count, sizeof *items, compare_numbered);
    config->tenants = mem_new_array(count, sizeof *config->tenants);
    for (size_t i = 0; i < count; i++) {
        config->tenants[config->num_tenants++] = items[i].tenant;
    }
    for (size_t i = 1; i < count; i++) {
        if (strcmp(items[i - 1].tenant.id, items[i].tenant.id) == 0) {
            uint32_t node = document_item(reading->document, DOCUMENT_ROOT, items[i].index);
            return refuse(reading, document_child(reading->document, node, "id"),
                          "tenant \"%s\" is there twice", items[i].tenant.id);
        }
    }
    return CONFIG_OK;
}

static enum config_status read_tenant(struct reading *reading, uint32_t node, uint32_t index,
                                      const struct raw_tenant *raw, struct config_tenant *out)
{
    struct section_place place = {.node = node, .nearest = node};
    uint64_t given = 0;
    snprintf(place.path, sizeof place.path, "tenants.%u", index);
    if (section_read(reading, SECTION_TENANT, &place, raw, out, &given) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    if (!tenant_id_valid(out->id, strlen(out->id))) {
        return refuse(reading, document_child(reading->document, node, "id"),
                      "%s.id: expected 1 to %zu characters of a-z, 0-9, _, . and -", place.path,
                      TENANT_ID_MAX);
    }
    return CONFIG_OK;
}

static enum config_status read_list(struct reading *reading, const struct raw_tenant_list *raw)
{
    struct numbered *items = mem_new_array(raw->count, sizeof *items);
    uint32_t node = document_item(reading->document, DOCUMENT_ROOT, 0);
    enum config_status status = CONFIG_OK;
    uint32_t count = 0;
    for (; count < raw->count && status == CONFIG_OK; count++) {
        items[count].index = count;
        status = read_tenant(reading, node, count, &raw->items[count], &items[count].tenant);
        node = document_next(reading->document, node);
    }
    if (status == CONFIG_OK) {
        status = take_tenants(reading, items, count);
    } else {
        for (uint32_t i = 0; i < count; i++) {
            free(items[i].tenant.id);
        }
    }
    free(items);
    return status;
}

/* The list is a document of its own: positions and messages are about that file, and variables
 * override nothing in it. */
static enum config_status read_document(struct reading *outer, const char *path, struct slice text)
{
    struct document *document = NULL;
    struct raw_tenant_list raw = {0};
    struct overrides none;
    if (document_parse(text, path, &document, outer->error) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    overrides_init(&none, NULL);
    struct reading reading = *outer;
    reading.document = document;
    reading.file = path;
    reading.overrides = &none;
    enum config_status status = raw_tenants_load(text, path, document, &raw, outer->error);
    if (status == CONFIG_OK) {
        status = read_list(&reading, &raw);
    }
    raw_tenants_fini(&raw);
    overrides_fini(&none);
    document_free(&document);
    return status;
}

static enum config_status read_source(struct reading *reading, const struct section_place *tenants,
                                      const struct raw_tenants *raw)
{
    struct config *config = reading->config;
    struct section_place source = section_below(reading, tenants, "source");
    uint64_t given = 0;
    if (section_read(reading, SECTION_SOURCE, &source, &raw->source, config, &given) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    char *path = resolve_path(reading, config->tenants_file);
    free(config->tenants_file);
    config->tenants_file = path;
    struct config_file file = {0};
    char reason[256] = "";
    if (!reading->input->read_file(reading->input->read_context, path, TENANTS_FILE_MAX, &file,
                                   reason, sizeof reason)) {
        return refuse(reading, document_child(reading->document, source.node, "file"),
                      "tenants.source.file: cannot read %s: %s", path, reason);
    }
    enum config_status status = read_document(reading, path, slice_of(file.bytes, file.len));
    config_file_fini(&file);
    return status;
}

static int compare_id(const void *key, const void *element)
{
    return strcmp(key, ((const struct config_tenant *)element)->id);
}

/* A rule that always yields the same tenant must yield one that exists. */
static enum config_status check_static(struct reading *reading, const struct section_place *tenants)
{
    const struct config *config = reading->config;
    uint32_t rules = document_child(reading->document, tenants->node, "identify");
    for (size_t i = 0; i < config->num_identify; i++) {
        const struct config_identify *rule = &config->identify[i];
        if (rule->kind != IDENTIFY_STATIC ||
            (config->num_tenants > 0 && bsearch(rule->value, config->tenants, config->num_tenants,
                                                sizeof *config->tenants, compare_id) != NULL)) {
            continue;
        }
        uint32_t node = document_item(reading->document, rules, (uint32_t)i);
        return refuse(reading, document_child(reading->document, node, "static"),
                      "tenants.identify.%zu.static: \"%s\" is not in the list of tenants", i,
                      rule->value);
    }
    return CONFIG_OK;
}

/* One startup parameter names the tenant, or none does: with two, which one counts? */
static enum config_status check_option(struct reading *reading, const struct section_place *tenants)
{
    const struct config *config = reading->config;
    uint32_t rules = document_child(reading->document, tenants->node, "identify");
    size_t num_options = 0;
    for (size_t i = 0; i < config->num_identify; i++) {
        const struct config_identify *rule = &config->identify[i];
        if (rule->kind != IDENTIFY_STARTUP_OPTION) {
            continue;
        }
        num_options++;
        size_t len = strlen(rule->value);
        if (num_options > 1 ||
            strspn(rule->value, "abcdefghijklmnopqrstuvwxyz0123456789_.") != len) {
            uint32_t node = document_item(reading->document, rules, (uint32_t)i);
            return refuse(reading, document_child(reading->document, node, "startup_option"),
                          "tenants.identify.%zu.startup_option: expected one such rule, with the "
                          "name of a parameter of a-z, 0-9, _ and .",
                          i);
        }
        warn(reading,
             "tenants.identify.%zu.startup_option: whoever may log in chooses the tenant; no "
             "credential binds it",
             i);
    }
    return CONFIG_OK;
}

enum config_status read_tenants(struct reading *reading, const struct raw_config *raw)
{
    struct section_place root = {0};
    struct section_place tenants = section_below(reading, &root, "tenants");
    if (read_rules(reading, &tenants, &raw->tenants) != CONFIG_OK ||
        read_source(reading, &tenants, &raw->tenants) != CONFIG_OK ||
        check_static(reading, &tenants) != CONFIG_OK ||
        check_option(reading, &tenants) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    if (reading->config->num_tenants == 0) {
        warn(reading, "tenants.source.file: the list is empty: every session will be refused");
    }
    return CONFIG_OK;
}
