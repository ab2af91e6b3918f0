/* SPDX-License-Identifier: Apache-2.0
 *
 * isolation: how tenants are kept apart, for each protocol that a listener speaks. What is here
 * is what the SQL and Redis rules may rely on: names are qualified and in managed schemas, and
 * no tenant's prefix is the beginning of another's. */
#include <stdlib.h>
#include <string.h>

#include "policy/config/parts.h"
#include "protocol/mem.h"

static const char hole[] = "{tenant}";

/* Whether a listener isolates that speaks it. */
static bool speaks(const struct config *config, enum config_protocol protocol)
{
    for (size_t i = 0; i < config->num_listeners; i++) {
        if (config->listeners[i].protocol == protocol &&
            config->listeners[i].isolation == CONFIG_ISOLATION_ROW) {
            return true;
        }
    }
    return false;
}

static uint32_t entry_node(const struct reading *reading, const struct section_place *row,
                           const char *list, size_t index)
{
    uint32_t node = document_child(reading->document, row->node, list);
    uint32_t entry = document_item(reading->document, node, (uint32_t)index);
    return entry != DOCUMENT_NONE ? entry : row->node;
}

static bool is_managed(const struct config_row *row, const char *schema, size_t len)
{
    for (size_t i = 0; i < row->num_schemas; i++) {
        if (strlen(row->schemas[i]) == len && memcmp(row->schemas[i], schema, len) == 0) {
            return true;
        }
    }
    return false;
}

static enum config_status check_schemas(struct reading *reading, const struct section_place *place,
                                        const struct config_row *row)
{
    static const struct value_rule rule = {.kind = VALUE_IDENTIFIER};
    if (row->num_schemas == 0) {
        return refuse(reading, document_child(reading->document, place->node, "schemas"),
                      "%s.schemas: expected at least one", place->path);
    }
    for (size_t i = 0; i < row->num_schemas; i++) {
        const char *schema = row->schemas[i];
        char *copy = NULL;
        bool fits = value_parse(&rule, schema, &copy) && strchr(schema, '.') == NULL;
        free(copy);
        if (!fits || strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0) {
            return refuse(reading, entry_node(reading, place, "schemas", i),
                          "%s.schemas: expected the name of an application's schema, found "
                          "\"%.60s\"",
                          place->path, schema);
        }
    }
    return CONFIG_OK;
}

/* "schema.name" of two SQL names; the length of the schema, or 0. */
static size_t schema_len(const char *qualified)
{
    const char *dot = strchr(qualified, '.');
    bool fits = dot != NULL && dot != qualified && dot[1] != '\0' && strchr(dot + 1, '.') == NULL &&
                dot - qualified <= 63 && strlen(dot + 1) <= 63;
    return fits ? (size_t)(dot - qualified) : 0;
}

static enum config_status check_relations(struct reading *reading,
                                          const struct section_place *place, const char *list,
                                          char *const *names, size_t num_names)
{
    const struct config_row *row = &reading->config->row;
    for (size_t i = 0; i < num_names; i++) {
        size_t len = schema_len(names[i]);
        if (len == 0 || !is_managed(row, names[i], len)) {
            return refuse(reading, entry_node(reading, place, list, i),
                          "%s.%s: expected schema.table in one of the managed schemas, found "
                          "\"%.60s\"",
                          place->path, list, names[i]);
        }
    }
    return CONFIG_OK;
}

static enum config_status check_functions(struct reading *reading,
                                          const struct section_place *functions,
                                          const struct config_row *row)
{
    static const char system[] = "pg_catalog";
    for (size_t i = 0; i < row->num_functions_allow; i++) {
        const char *name = row->functions_allow[i];
        size_t len = schema_len(name);
        bool is_system = len == strlen(system) && memcmp(name, system, len) == 0;
        if (len == 0 || (!is_system && !is_managed(row, name, len))) {
            return refuse(reading, entry_node(reading, functions, "allow", i),
                          "%s.allow: expected schema.function in a managed schema or in "
                          "pg_catalog, found \"%.60s\"",
                          functions->path, name);
        }
        if (is_system) {
            warn(reading, "%s.allow: %s is not on the reviewed list; it may cross tenants",
                 functions->path, name);
        }
    }
    return CONFIG_OK;
}

/* Letters, digits and underscores, with one dot inside: a name that no server has, and that a
 * SET statement can hold as it is. */
static bool setting_fits(const char *name)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
    const char *dot = strchr(name, '.');
    return name[strspn(name, bytes)] == '\0' && dot != NULL && dot != name && dot[1] != '\0' &&
           strchr(dot + 1, '.') == NULL && !(name[0] >= '0' && name[0] <= '9') &&
           !(dot[1] >= '0' && dot[1] <= '9');
}

static enum config_status check_setting(struct reading *reading, const struct section_place *place,
                                        const struct config_row *row)
{
    if (setting_fits(row->setting)) {
        return CONFIG_OK;
    }
    return refuse(reading, document_child(reading->document, place->node, "setting"),
                  "%s.setting: expected two names of a-z, 0-9 and _ with a dot between them, found "
                  "\"%.60s\"",
                  place->path, row->setting);
}

static enum config_status read_row(struct reading *reading, const struct section_place *place,
                                   const struct raw_row *raw)
{
    struct config_row *row = &reading->config->row;
    struct section_place functions = section_below(reading, place, "functions");
    uint64_t given = 0;
    row->is_set = true;
    if (section_read(reading, SECTION_ROW, place, raw, row, &given) != CONFIG_OK ||
        list_read(reading, place, "schemas", list_key_at(0), raw->schemas, raw->schemas_count,
                  &row->schemas, &row->num_schemas) != CONFIG_OK ||
        list_read(reading, place, "shared", list_key_at(1), raw->shared, raw->shared_count,
                  &row->shared, &row->num_shared) != CONFIG_OK ||
        list_read(reading, &functions, "allow", list_key_at(2), raw->functions.allow,
                  raw->functions.allow_count, &row->functions_allow,
                  &row->num_functions_allow) != CONFIG_OK ||
        list_read(reading, place, "views", list_key_at(3), raw->views, raw->views_count,
                  &row->views, &row->num_views) != CONFIG_OK ||
        check_schemas(reading, place, row) != CONFIG_OK ||
        check_setting(reading, place, row) != CONFIG_OK ||
        check_relations(reading, place, "shared", row->shared, row->num_shared) != CONFIG_OK ||
        check_relations(reading, place, "views", row->views, row->num_views) != CONFIG_OK ||
        check_functions(reading, &functions, row) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    if (row->unsafe_allow_privileged_role) {
        warn(reading,
             "%s.unsafe_allow_privileged_role: the server will not stop a statement that "
             "the proxy wrongly lets pass",
             place->path);
    }
    return CONFIG_OK;
}

/* No tenant's prefix may be the beginning of another's: the byte after the id is one that no id
 * has. Glob characters would change the meaning of patterns. */
static bool prefix_fits(const char *prefix)
{
    const char *at = strstr(prefix, hole);
    if (at == NULL || strstr(at + 1, hole) != NULL) {
        return false;
    }
    const char *rest = at + strlen(hole);
    for (const char *c = prefix; *c != '\0'; c++) {
        bool in_hole = c >= at && c < rest;
        if (!in_hole && (*c <= ' ' || *c > '~' || strchr("*?[]\\^{}\"'", *c) != NULL)) {
            return false;
        }
    }
    return rest[0] != '\0' && !tenant_id_valid(rest, 1);
}

static enum config_status read_redis(struct reading *reading, const struct section_place *place,
                                     const struct raw_redis *raw)
{
    struct config_redis_isolation *redis = &reading->config->redis;
    uint64_t given = 0;
    redis->is_set = true;
    if (section_read(reading, SECTION_REDIS, place, raw, redis, &given) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    if (!prefix_fits(redis->prefix)) {
        return refuse(reading, document_child(reading->document, place->node, "prefix"),
                      "%s.prefix: expected {tenant} once, then a separator that no tenant id has, "
                      "like \"{tenant}:\", without spaces, quotes or glob characters",
                      place->path);
    }
    return CONFIG_OK;
}

enum config_status read_isolation(struct reading *reading, const struct raw_config *raw)
{
    struct section_place root = {0};
    struct section_place isolation = section_below(reading, &root, "isolation");
    struct section_place row = section_below(reading, &isolation, "row");
    struct section_place redis = section_below(reading, &isolation, "redis");
    if (row.node == DOCUMENT_NONE && speaks(reading->config, CONFIG_POSTGRES)) {
        return refuse(reading, isolation.nearest,
                      "isolation.row is missing: a listener speaks postgres");
    }
    if (redis.node == DOCUMENT_NONE && speaks(reading->config, CONFIG_REDIS)) {
        return refuse(reading, isolation.nearest,
                      "isolation.redis is missing: a listener speaks redis");
    }
    if (row.node != DOCUMENT_NONE && read_row(reading, &row, &raw->isolation.row) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    return redis.node != DOCUMENT_NONE ? read_redis(reading, &redis, &raw->isolation.redis)
                                       : CONFIG_OK;
}
