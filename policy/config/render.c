/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the tables of policy/config/keys.def over a finished configuration. Texts are quoted
 * unless they can be nothing else in YAML. Passwords never reach this file's output: the name of
 * their file does. */
#include "policy/config/render.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "policy/config/keys.h"
#include "protocol/check.h"

#define VALUE_CAP 2048 /* the longest value is a file name: 1023 bytes below a folder */

static void put_indent(FILE *out, int depth)
{
    fprintf(out, "%*s", depth * 2, "");
}

/* Whether text reads as itself without quotes. */
static bool is_plain(const char *text)
{
    size_t len = strlen(text);
    return len > 0 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_./-") == len &&
           text[0] != '-' && text[0] != '.' && strcasecmp(text, "null") != 0;
}

static void put_text(FILE *out, const char *text)
{
    if (is_plain(text)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
    fputc('"', out);
}

/* The keys of a section; the first line's indent may be written already (after "- "). */
static void put_section(FILE *out, enum section_id id, const void *values, int depth,
                        bool first_is_placed)
{
    const struct section *section = section_at(id);
    for (size_t i = 0; i < section->num_keys; i++) {
        const struct key *key = &section->keys[i];
        char text[VALUE_CAP];
        if (!value_print(&key->rule, (const char *)values + key->field, text, sizeof text)) {
            continue;
        }
        put_indent(out, first_is_placed ? 0 : depth);
        first_is_placed = false;
        fprintf(out, "%s: ", key->name);
        put_text(out, text);
        fputc('\n', out);
    }
}

static void put_auth_query(FILE *out, const struct config_auth_query *query)
{
    if (query == NULL) {
        return;
    }
    fputs("      query:\n", out);
    put_section(out, SECTION_AUTH_QUERY, query, 4, false);
    if (query->password != NULL) {
        fputs("        # password: ***\n", out);
    }
}

static void put_listeners(FILE *out, const struct config *config)
{
    fputs("listeners:\n", out);
    for (size_t i = 0; i < config->num_listeners; i++) {
        fputs("  - ", out);
        put_section(out, SECTION_LISTENER, &config->listeners[i], 2, true);
        fputs("    auth:\n", out);
        put_section(out, SECTION_AUTH, &config->listeners[i], 3, false);
        put_auth_query(out, config->listeners[i].query);
        fputs("    tls:\n", out);
        put_section(out, SECTION_LISTENER_TLS, &config->listeners[i].tls, 3, false);
    }
}

static void put_upstream(FILE *out, const struct config_upstream *upstream)
{
    fprintf(out, "  %s:\n", upstream->name);
    put_section(out, SECTION_UPSTREAM, upstream, 2, false);
    if (upstream->password != NULL) {
        fputs("    # password: ***\n", out);
    }
    fputs("    endpoints:\n", out);
    for (size_t i = 0; i < upstream->num_endpoints; i++) {
        struct endpoint_values values = {.address = upstream->endpoints[i]};
        fputs("      - ", out);
        put_section(out, SECTION_ENDPOINT, &values, 4, true);
    }
    fputs("    pool:\n", out);
    put_section(out, SECTION_POOL, &upstream->pool, 3, false);
    fputs("    tls:\n", out);
    put_section(out, SECTION_UPSTREAM_TLS, &upstream->tls, 3, false);
}

static void put_tenants(FILE *out, const struct config *config)
{
    size_t num_active = 0;
    fputs("tenants:\n  identify:\n", out);
    for (size_t i = 0; i < config->num_identify; i++) {
        struct identify_values values = {0};
        values.value[config->identify[i].kind] = config->identify[i].value;
        fputs("    - ", out);
        put_section(out, SECTION_IDENTIFY, &values, 3, true);
    }
    fputs("  source:\n", out);
    put_section(out, SECTION_SOURCE, config, 2, false);
    for (size_t i = 0; i < config->num_tenants; i++) {
        num_active += config->tenants[i].state == TENANT_ACTIVE ? 1 : 0;
    }
    fprintf(out, "    # %zu tenants: %zu active, %zu suspended\n", config->num_tenants, num_active,
            config->num_tenants - num_active);
}

static void put_list(FILE *out, const char *name, char *const *items, size_t count, int depth)
{
    put_indent(out, depth);
    fprintf(out, "%s: [", name);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", out);
        put_text(out, items[i]);
    }
    fputs("]\n", out);
}

static void put_isolation(FILE *out, const struct config *config)
{
    const struct config_row *row = &config->row;
    if (!row->is_set && !config->redis.is_set) {
        return;
    }
    fputs("isolation:\n", out);
    if (row->is_set) {
        fputs("  row:\n", out);
        put_section(out, SECTION_ROW, row, 2, false);
        put_list(out, "schemas", row->schemas, row->num_schemas, 2);
        put_list(out, "shared", row->shared, row->num_shared, 2);
        put_list(out, "views", row->views, row->num_views, 2);
        fputs("    functions:\n", out);
        put_list(out, "allow", row->functions_allow, row->num_functions_allow, 3);
    }
    if (config->redis.is_set) {
        fputs("  redis:\n", out);
        put_section(out, SECTION_REDIS, &config->redis, 2, false);
    }
}

void config_render(const struct config *config, FILE *out)
{
    check(config != NULL && out != NULL);
    put_listeners(out, config);
    fputs("upstreams:\n", out);
    for (size_t i = 0; i < config->num_upstreams; i++) {
        put_upstream(out, &config->upstreams[i]);
    }
    put_tenants(out, config);
    put_isolation(out, config);
    fputs("limits:\n", out);
    put_section(out, SECTION_LIMITS, &config->limits, 1, false);
    if (config->admin != NULL) {
        fputs("admin:\n", out);
        put_section(out, SECTION_ADMIN, config->admin, 1, false);
    }
    fputs("log:\n", out);
    put_section(out, SECTION_LOG, &config->log, 1, false);
}

bool config_key_at(size_t index, struct config_key_facts *out)
{
    check(out != NULL);
    *out = (struct config_key_facts){0};
    for (int id = 0; id < SECTION_COUNT; id++) {
        const struct section *section = section_at((enum section_id)id);
        if (index < section->num_keys) {
            const struct key *key = &section->keys[index];
            snprintf(out->path, sizeof out->path, "%s.%s", section->path, key->name);
            value_describe(&key->rule, out->expects, sizeof out->expects);
            out->fallback = key->fallback != NULL ? key->fallback : "";
            if (key->presence == REQUIRED) {
                out->fallback = "required";
            }
            out->meaning = key->meaning;
            return true;
        }
        index -= section->num_keys;
    }
    if (index >= NUM_LIST_KEYS) {
        return false;
    }
    const struct list_key *list = list_key_at(index);
    snprintf(out->path, sizeof out->path, "%s[]", list->path);
    snprintf(out->expects, sizeof out->expects, "a list of names");
    out->fallback = list->fallback != NULL ? list->fallback : "";
    out->meaning = list->meaning;
    return true;
}
