/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides whose session it is. A regular expression must match the whole user name, byte by byte,
 * within fixed limits; an expression that runs into a limit refuses the login rather than handing
 * over to the next rule. The compiled rules are constant and may be shared by threads: each match
 * has data of its own. Borrows the configuration. */
#include "policy/tenant/identify.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

#define USER_MAX           ((size_t)1024) /* bytes; an expression does not look at longer names */
#define MATCH_LIMIT        20000u /* steps; a sane expression over 64 bytes takes some hundred */
#define DEPTH_LIMIT        1000u  /* nested backtracking points */
#define HEAP_LIMIT_KIB     256u   /* memory of one match */
#define MAX_PATTERN_PARENS 32u

struct rule {
    const struct config_identify *source; /* borrows from the config */
    pcre2_code *code;                     /* owns; NULL for rules without an expression */
    uint32_t tenant_group;
    uint32_t user_group; /* 0 when there is none: then the role is the whole name */
};

struct tenant_rules {
    const struct config *config; /* borrows */
    struct rule *rules;          /* owns */
    size_t num_rules;
    pcre2_match_context *limits; /* owns; read only after tenant_rules_new */
    const char *option_name;     /* borrows from the config; NULL without such a rule */
};

static enum config_status refuse(const struct config *config, const struct config_identify *source,
                                 struct config_error *error, const char *reason)
{
    *error = (struct config_error){.line = source->line, .column = source->column};
    snprintf(error->file, sizeof error->file, "%s", config->path);
    snprintf(error->message, sizeof error->message, "tenants.identify: %s", reason);
    return CONFIG_WRONG;
}

static enum config_status refuse_pattern(const struct config *config,
                                         const struct config_identify *source,
                                         struct config_error *error, int code, size_t offset)
{
    char text[160];
    char reason[256];
    pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
    snprintf(reason, sizeof reason, "expected a regular expression: %s, at character %zu of it",
             text, offset + 1);
    return refuse(config, source, error, reason);
}

/* The number of a named group: 0 when there is none, negative when there are several. */
static int group_number(const pcre2_code *code, const char *name)
{
    int number = pcre2_substring_number_from_name(code, (PCRE2_SPTR)name);
    return number == PCRE2_ERROR_NOSUBSTRING ? 0 : number;
}

static enum config_status compile_rule(const struct config *config, struct rule *rule,
                                       pcre2_compile_context *context, struct config_error *error)
{
    static const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
                                    PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    const char *pattern = rule->source->value;
    int code = 0;
    size_t offset = 0;
    rule->code =
        pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), options, &code, &offset, context);
    if (rule->code == NULL) {
        return refuse_pattern(config, rule->source, error, code, offset);
    }
    int tenant = group_number(rule->code, "tenant");
    int user = group_number(rule->code, "user");
    if (tenant <= 0 || user < 0) {
        return refuse(config, rule->source, error,
                      "expected one group (?<tenant>...) and at most one (?<user>...)");
    }
    rule->tenant_group = (uint32_t)tenant;
    rule->user_group = (uint32_t)user;
    return CONFIG_OK;
}

static bool has_pattern(enum config_identify_kind kind)
{
    return kind == IDENTIFY_STARTUP_USER || kind == IDENTIFY_REDIS_USER;
}

static enum config_status compile_all(struct tenant_rules *rules, struct config_error *error)
{
    const struct config *config = rules->config;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    check(context != NULL);
    pcre2_set_parens_nest_limit(context, MAX_PATTERN_PARENS);
    enum config_status status = CONFIG_OK;
    for (size_t i = 0; i < config->num_identify && status == CONFIG_OK; i++) {
        struct rule *rule = &rules->rules[rules->num_rules++];
        rule->source = &config->identify[i];
        if (has_pattern(rule->source->kind)) {
            status = compile_rule(config, rule, context, error);
        } else if (rule->source->kind == IDENTIFY_STARTUP_OPTION) {
            rules->option_name = rule->source->value;
        }
    }
    pcre2_compile_context_free(context);
    return status;
}

enum config_status tenant_rules_new(const struct config *config, struct tenant_rules **out,
                                    struct config_error *out_error)
{
    check(config != NULL && out != NULL && out_error != NULL);
    struct tenant_rules *rules = mem_new(sizeof *rules);
    rules->config = config;
    rules->rules = mem_new_array(config->num_identify, sizeof *rules->rules);
    rules->limits = pcre2_match_context_create(NULL);
    check(rules->limits != NULL);
    pcre2_set_match_limit(rules->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(rules->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(rules->limits, HEAP_LIMIT_KIB);
    enum config_status status = compile_all(rules, out_error);
    if (status != CONFIG_OK) {
        tenant_rules_free(&rules);
    }
    *out = rules;
    return status;
}

void tenant_rules_free(struct tenant_rules **rules)
{
    struct tenant_rules *r = *rules;
    *rules = NULL;
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->num_rules; i++) {
        pcre2_code_free(r->rules[i].code);
    }
    pcre2_match_context_free(r->limits);
    free(r->rules);
    free(r);
}

/* What one rule made of the facts. */
enum outcome { NEXT_RULE, YIELDED, BROKEN };

struct yield {
    struct slice tenant;
    struct slice role;
};

static struct slice group_of(struct slice subject, const size_t *offsets, uint32_t group)
{
    size_t start = offsets[2 * group];
    size_t end = offsets[2 * group + 1];
    if (start == PCRE2_UNSET || end == PCRE2_UNSET || start > end || end > subject.len) {
        return (struct slice){0};
    }
    return slice_of(slice_from(subject, start).ptr, end - start);
}

static enum outcome match_rule(const struct tenant_rules *rules, const struct rule *rule,
                               struct slice user, struct yield *out)
{
    if (user.len == 0 || user.len > USER_MAX) {
        return NEXT_RULE;
    }
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(rule->code, NULL);
    check(data != NULL);
    int count = pcre2_match(rule->code, user.ptr, user.len, 0, 0, data, rules->limits);
    enum outcome outcome = count == PCRE2_ERROR_NOMATCH ? NEXT_RULE : BROKEN;
    if (count > 0) {
        const size_t *offsets = pcre2_get_ovector_pointer(data);
        out->tenant = group_of(user, offsets, rule->tenant_group);
        if (rule->user_group > 0) {
            out->role = group_of(user, offsets, rule->user_group);
        }
        outcome = YIELDED;
    }
    pcre2_match_data_free(data);
    return outcome;
}

static enum outcome apply_rule(const struct tenant_rules *rules, const struct rule *rule,
                               const struct tenant_facts *facts, struct yield *out)
{
    *out = (struct yield){.role = facts->startup_user};
    switch (rule->source->kind) {
    case IDENTIFY_STARTUP_USER:
        return facts->is_redis ? NEXT_RULE : match_rule(rules, rule, facts->startup_user, out);
    case IDENTIFY_REDIS_USER:
        return facts->is_redis ? match_rule(rules, rule, facts->startup_user, out) : NEXT_RULE;
    case IDENTIFY_STARTUP_OPTION:
        out->tenant = facts->startup_option;
        return facts->is_redis || facts->startup_option.len == 0 ? NEXT_RULE : YIELDED;
    case IDENTIFY_STATIC:
        out->tenant = slice_text(rule->source->value);
        return YIELDED;
    }
    return BROKEN;
}

/* Byte order, as the list of tenants is sorted; an id is short and has no NUL. */
static const struct config_tenant *find_tenant(const struct config *config, struct slice id)
{
    size_t low = 0;
    size_t high = config->num_tenants;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct config_tenant *tenant = &config->tenants[middle];
        size_t len = strlen(tenant->id);
        int order = memcmp(id.ptr, tenant->id, id.len < len ? id.len : len);
        order = order != 0 ? order : (id.len > len) - (id.len < len);
        if (order == 0) {
            return tenant;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static enum tenant_status resolve(const struct tenant_rules *rules,
                                  const struct tenant_facts *facts, const struct yield *yield,
                                  struct tenant_identity *out)
{
    bool asked = rules->option_name != NULL && !facts->is_redis && facts->startup_option.len > 0;
    if (asked && !slice_equal(facts->startup_option, yield->tenant)) {
        return TENANT_AMBIGUOUS;
    }
    if (!tenant_id_valid((const char *)yield->tenant.ptr, yield->tenant.len)) {
        return TENANT_UNKNOWN;
    }
    const struct config_tenant *tenant = find_tenant(rules->config, yield->tenant);
    if (tenant == NULL) {
        return TENANT_UNKNOWN;
    }
    *out = (struct tenant_identity){.tenant = tenant, .role = yield->role};
    return tenant->state == TENANT_ACTIVE ? TENANT_FOUND : TENANT_NOT_ACTIVE;
}

enum tenant_status tenant_identify(const struct tenant_rules *rules,
                                   const struct tenant_facts *facts, struct tenant_identity *out)
{
    check(rules != NULL && facts != NULL && out != NULL);
    *out = (struct tenant_identity){0};
    for (size_t i = 0; i < rules->num_rules; i++) {
        struct yield yield;
        enum outcome outcome = apply_rule(rules, &rules->rules[i], facts, &yield);
        if (outcome == YIELDED) {
            return resolve(rules, facts, &yield, out);
        }
        if (outcome == BROKEN) {
            return TENANT_NONE;
        }
    }
    return TENANT_NONE;
}

const char *tenant_option_name(const struct tenant_rules *rules)
{
    check(rules != NULL);
    return rules->option_name;
}
