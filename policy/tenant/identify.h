/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose session is this? The rules of tenants.identify are tried in order; the first that yields
 * a tenant decides, and what it yields must be in the list of tenants. Anything else is refused. */
#ifndef POLICY_TENANT_IDENTIFY_H
#define POLICY_TENANT_IDENTIFY_H

#include "policy/config/config.h"
#include "policy/config/load.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct tenant_rules; /* compiled once per configuration; immutable, may be shared by threads */

struct tenant_facts {
    struct slice startup_user;   /* or the user of AUTH / HELLO when is_redis */
    struct slice startup_option; /* value of the startup parameter; empty if absent */
    bool is_redis;
};

struct tenant_identity {
    const struct config_tenant *tenant; /* borrows from the config */
    struct slice role; /* the `user` group, or the whole user; borrows from the facts */
};

enum tenant_status {
    TENANT_FOUND,
    TENANT_NONE,       /* 28000: no rule yields one */
    TENANT_AMBIGUOUS,  /* 28000: the startup option names another tenant than the rules do */
    TENANT_UNKNOWN,    /* 42501: not in the list, or not a well-formed id */
    TENANT_NOT_ACTIVE, /* 42501: suspended; identity is filled in */
};

/* Compiles the rules of config, which must outlive them. On CONFIG_WRONG (a regular expression
 * that does not compile or lacks the group `tenant`) *out is NULL and *out_error says where. */
MUST_USE enum config_status tenant_rules_new(const struct config *config, struct tenant_rules **out,
                                             struct config_error *out_error);

/* Releases the rules and clears the pointer; NULL is fine. */
void tenant_rules_free(struct tenant_rules **rules);

/* Decides. *out is filled in on TENANT_FOUND and TENANT_NOT_ACTIVE, zeroed otherwise. */
MUST_USE enum tenant_status tenant_identify(const struct tenant_rules *rules,
                                            const struct tenant_facts *facts,
                                            struct tenant_identity *out);

/* The name of the startup parameter that tenant_facts.startup_option is the value of, or NULL when
 * no rule asks for one. Borrows from the config. */
const char *tenant_option_name(const struct tenant_rules *rules);

#endif
