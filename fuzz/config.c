/* SPDX-License-Identifier: Apache-2.0
 *
 * Files an operator may write. The input is cut at its NUL bytes in up to four: configuration,
 * list of tenants, users file, one environment variable. What is accepted is complete, prints as
 * text, and that text is accepted again; what is refused says why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/load.h"
#include "policy/config/render.h"
#include "policy/tenant/identify.h"
#include "policy/tenant/users_file.h"
#include "protocol/check.h"
#include "protocol/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PART_CONFIG, PART_TENANTS, PART_USERS, PART_VARIABLE, NUM_PARTS };

struct parts {
    struct slice items[NUM_PARTS];
};

static struct parts cut(struct slice input)
{
    struct parts parts = {0};
    for (size_t i = 0; i < NUM_PARTS; i++) {
        const uint8_t *nul =
            input.len > 0 && i + 1 < NUM_PARTS ? memchr(input.ptr, '\0', input.len) : NULL;
        size_t len = nul != NULL ? (size_t)(nul - input.ptr) : input.len;
        parts.items[i] = slice_of(input.ptr, len);
        input = slice_from(input, nul != NULL ? len + 1 : len);
    }
    return parts;
}

/* The tenants file is the input's; every other file holds a password. */
static bool read_part(void *context, const char *path, size_t max, struct config_file *out,
                      char *message, size_t cap)
{
    const struct parts *parts = context;
    struct slice bytes = slice_text("secret\n");
    (void)message;
    (void)cap;
    if (strstr(path, "tenants") != NULL) {
        bytes = parts->items[PART_TENANTS];
    }
    check(bytes.len <= max || max < 4096);
    *out = (struct config_file){.bytes = mem_copy_string((const char *)bytes.ptr, bytes.len),
                                .len = bytes.len};
    return true;
}

static struct config *load(struct slice text, struct parts *parts, char *const *environment)
{
    struct config *config = NULL;
    struct config_error error;
    struct config_input input = {.path = "fuzz.yaml",
                                 .text = text,
                                 .environment = environment,
                                 .read_file = read_part,
                                 .read_context = parts};
    enum config_status status = config_load_text(&input, &config, &error);
    check((status == CONFIG_OK) == (config != NULL));
    check(status == CONFIG_OK || error.message[0] != '\0');
    return config;
}

static void try_identify(const struct config *config)
{
    struct tenant_rules *rules = NULL;
    struct config_error error;
    if (tenant_rules_new(config, &rules, &error) != CONFIG_OK) {
        check(error.message[0] != '\0');
        return;
    }
    struct tenant_facts facts = {.startup_user = slice_text("app.acme"),
                                 .startup_option = slice_text("acme")};
    struct tenant_identity identity;
    enum tenant_status status = tenant_identify(rules, &facts, &identity);
    check((status == TENANT_FOUND || status == TENANT_NOT_ACTIVE) == (identity.tenant != NULL));
    tenant_rules_free(&rules);
}

static void try_render(const struct config *config, struct parts *parts)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    check(out != NULL);
    config_render(config, out);
    fclose(out);
    struct config *again = load(slice_of(text, len), parts, NULL);
    check(again != NULL);
    check(again->num_listeners == config->num_listeners &&
          again->num_tenants == config->num_tenants);
    config_free(&again);
    free(text);
}

static void try_users(struct slice text)
{
    struct users *users = NULL;
    struct config_error error;
    enum config_status status = users_parse(text, "users", &users, &error);
    check((status == CONFIG_OK) == (users != NULL));
    if (users != NULL) {
        (void)users_find(users, slice_text("app.acme"));
    }
    users_free(&users);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > CONFIG_FILE_MAX) {
        return 0;
    }
    struct parts parts = cut(slice_of(data, size));
    struct slice variable = parts.items[PART_VARIABLE];
    char *text = mem_copy_string((const char *)variable.ptr, variable.len);
    char *const environment[] = {text, NULL};
    struct config *config = load(parts.items[PART_CONFIG], &parts, environment);
    if (config != NULL) {
        try_identify(config);
        try_render(config, &parts);
    }
    config_free(&config);
    try_users(parts.items[PART_USERS]);
    free(text);
    return 0;
}
