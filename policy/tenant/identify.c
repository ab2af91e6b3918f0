/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tenant/identify.h"

#include <stddef.h>

enum config_status tenant_rules_new(const struct config *config, struct tenant_rules **out,
                                    struct config_error *out_error)
{
    (void)config;
    *out = NULL;
    *out_error = (struct config_error){.message = "identification has not landed yet"};
    return CONFIG_WRONG;
}

void tenant_rules_free(struct tenant_rules **rules)
{
    *rules = NULL;
}

enum tenant_status tenant_identify(const struct tenant_rules *rules,
                                   const struct tenant_facts *facts, struct tenant_identity *out)
{
    (void)rules;
    (void)facts;
    *out = (struct tenant_identity){0};
    return TENANT_NONE;
}

const char *tenant_option_name(const struct tenant_rules *rules)
{
    (void)rules;
    return NULL;
}
