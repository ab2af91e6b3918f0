/* SPDX-License-Identifier: Apache-2.0
 *
 * upstreams: where the services are and how the proxy logs in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/parts.h"
#include "protocol/mem.h"

#define ENDPOINTS_MAX 16

static enum config_status read_endpoints(struct reading *reading, const struct section_place *place,
                                         const struct raw_upstream *raw,
                                         struct config_upstream *upstream)
{
    if (raw->endpoints_count == 0 || raw->endpoints_count > ENDPOINTS_MAX) {
        struct section_place list = section_below(reading, place, "endpoints");
        return refuse(reading, list.nearest, "%s: expected a list of 1 to %d addresses", list.path,
                      ENDPOINTS_MAX);
    }
    upstream->endpoints = mem_new_array(raw->endpoints_count, sizeof *upstream->endpoints);
    for (unsigned i = 0; i < raw->endpoints_count; i++) {
        char label[16];
        snprintf(label, sizeof label, "%u", i);
        struct section_place entry = section_entry(reading, place, "endpoints", i, label);
        struct endpoint_values values = {0};
        uint64_t given = 0;
        if (section_read(reading, SECTION_ENDPOINT, &entry, &raw->endpoints[i], &values, &given) !=
            CONFIG_OK) {
            return CONFIG_WRONG;
        }
        upstream->endpoints[upstream->num_endpoints++] = values.address;
    }
    return CONFIG_OK;
}

/* What one protocol needs and the other has no use for. */
static enum config_status check_login(struct reading *reading, const struct section_place *place,
                                      const struct config_upstream *upstream)
{
    bool is_postgres = upstream->protocol == CONFIG_POSTGRES;
    if (is_postgres && (upstream->database == NULL || upstream->user == NULL)) {
        return refuse(reading, place->node, "%s.%s is missing: a postgres upstream needs one",
                      place->path, upstream->database == NULL ? "database" : "user");
    }
    if (!is_postgres && upstream->database != NULL) {
        return refuse_key(reading, document_child(reading->document, place->node, "database"),
                          "%s.database: a redis upstream has none", place->path);
    }
    if (upstream->user != NULL && !is_postgres && upstream->password_file == NULL) {
        return refuse(reading, place->node, "%s.password_file is missing: a redis user needs one",
                      place->path);
    }
    return CONFIG_OK;
}

static enum config_status read_upstream(struct reading *reading, const struct section_place *place,
                                        const struct raw_upstream *raw,
                                        struct config_upstream *upstream)
{
    uint64_t given = 0;
    struct section_place pool = section_below(reading, place, "pool");
    if (section_read(reading, SECTION_UPSTREAM, place, raw, upstream, &given) != CONFIG_OK ||
        read_endpoints(reading, place, raw, upstream) != CONFIG_OK ||
        section_read(reading, SECTION_POOL, &pool, &raw->pool, &upstream->pool, &given) !=
            CONFIG_OK ||
        check_login(reading, place, upstream) != CONFIG_OK ||
        read_upstream_tls(reading, place, &raw->tls, upstream) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    return read_password_file(reading, place, &upstream->password_file, &upstream->password);
}

enum config_status check_upstream_names(struct reading *reading)
{
    static const struct value_rule name_rule = {.kind = VALUE_NAME};
    uint32_t all = document_child(reading->document, DOCUMENT_ROOT, "upstreams");
    uint32_t node = document_item(reading->document, all, 0);
    for (size_t count = 1; node != DOCUMENT_NONE; count++) {
        char *name = NULL;
        bool fits = value_parse(&name_rule, document_key(reading->document, node), &name);
        free(name);
        if (!fits || count > UPSTREAMS_MAX) {
            char expected[128];
            value_describe(&name_rule, expected, sizeof expected);
            return refuse_key(reading, node, "upstreams: expected at most %u, each under %s",
                              UPSTREAMS_MAX, expected);
        }
        node = document_next(reading->document, node);
    }
    return CONFIG_OK;
}

enum config_status read_upstreams(struct reading *reading, const struct raw_config *raw)
{
    struct config *config = reading->config;
    struct section_place root = {0};
    struct section_place all = section_below(reading, &root, "upstreams");
    uint32_t node = document_item(reading->document, all.node, 0);
    if (node == DOCUMENT_NONE) {
        return refuse(reading, all.nearest, "upstreams: expected at least one");
    }
    config->upstreams = mem_new_array(UPSTREAMS_MAX, sizeof *config->upstreams);
    for (; node != DOCUMENT_NONE; node = document_next(reading->document, node)) {
        const char *name = document_key(reading->document, node);
        struct section_place place = section_below(reading, &all, name);
        const struct raw_upstream *source = &raw->upstreams[config->num_upstreams];
        struct config_upstream *upstream = &config->upstreams[config->num_upstreams++];
        upstream->name = mem_copy_string(name, strlen(name));
        if (read_upstream(reading, &place, source, upstream) != CONFIG_OK) {
            return CONFIG_WRONG;
        }
    }
    return CONFIG_OK;
}
