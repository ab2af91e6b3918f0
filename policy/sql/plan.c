/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan as a value: who owns it and what can be asked of it. policy/sql/plan_build.c makes it.
 * A tenant's id consists of letters, digits, dot, dash and underscore only, so a hole inside a
 * quoted literal needs no escaping; that is checked on every use all the same. */
#include "policy/sql/plan.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/isolation.h"
#include "policy/sql/operators.h"
#include "policy/sql/plan_parts.h"
#include "policy/sql/settings.h"
#include "protocol/check.h"
#include "protocol/utf8.h"

static void check_tenant(struct slice tenant)
{
    check(tenant.ptr != NULL && tenant_id_valid((const char *)tenant.ptr, tenant.len));
}

struct sql_plan *sql_plan_ref(struct sql_plan *plan)
{
    check(plan->refs > 0);
    plan->refs++;
    return plan;
}

static void free_text(const char *text)
{
    union {
        const char *in;
        char *out;
    } owned = {.in = text};
    free(owned.out);
}

static void free_refusal(struct sql_refusal *refusal)
{
    free_text(refusal->message);
    free_text(refusal->detail);
    free_text(refusal->hint);
    free_text(refusal->sqlstate);
}

static void free_plan(struct sql_plan *plan)
{
    free_refusal(&plan->refusal);
    free_text(plan->not_tenant.message);
    free(plan->text);
    free(plan->holes);
    free(plan->expected);
    free(plan->bind_checks);
    free(plan->effects);
    free(plan->deallocated);
    free(plan->setting_name);
    free(plan->setting_value);
    free(plan->positions);
    for (size_t i = 0; i < plan->num_notes; i++) {
        free(plan->notes[i]);
    }
    free(plan->notes);
    free(plan);
}

void sql_plan_unref(struct sql_plan **plan)
{
    if (*plan == NULL) {
        return;
    }
    check((*plan)->refs > 0);
    if (--(*plan)->refs == 0) {
        free_plan(*plan);
    }
    *plan = NULL;
}

enum sql_verdict sql_plan_verdict(const struct sql_plan *plan)
{
    return plan->verdict;
}

const struct sql_refusal *sql_plan_refusal(const struct sql_plan *plan)
{
    return plan->verdict == SQL_REFUSE ? &plan->refusal : NULL;
}

const struct sql_refusal *sql_plan_admit(const struct sql_plan *plan, struct slice tenant)
{
    check_tenant(tenant);
    if (plan->verdict == SQL_REFUSE) {
        return &plan->refusal;
    }
    if (plan->expected == NULL ||
        sql_tenant_equals_text(plan->expected_type, slice_text(plan->expected), tenant)) {
        return NULL;
    }
    return &plan->not_tenant;
}

size_t sql_plan_text_len(const struct sql_plan *plan, struct slice tenant)
{
    check_tenant(tenant);
    return plan->text_len + plan->num_holes * tenant.len;
}

void sql_plan_write_text(const struct sql_plan *plan, struct slice tenant, struct writer *w)
{
    check(plan->verdict == SQL_FORWARD);
    check_tenant(tenant);
    size_t done = 0;
    for (size_t i = 0; i < plan->num_holes; i++) {
        writer_bytes(w, slice_of(plan->text + done, plan->holes[i] - done));
        writer_bytes(w, tenant);
        done = plan->holes[i];
    }
    writer_bytes(w, slice_of(plan->text + done, plan->text_len - done));
}

uint16_t sql_plan_num_params(const struct sql_plan *plan)
{
    return plan->num_params;
}

uint32_t sql_plan_added_type(const struct sql_plan *plan)
{
    return plan->added_type;
}

/* What the server says when a value matches all before the escape: here it says nothing of one. */
static const struct sql_refusal raising_pattern = {
    .sqlstate = "22025",
    .message = "LIKE pattern must not end with escape character",
    .detail = "",
    .hint = "",
};

static const struct sql_refusal unreadable_setting = {
    .sqlstate = "42501",
    .message = "permission denied to examine the parameter that current_setting was given",
    .detail = "",
    .hint = "",
};

static bool may_read_setting(struct slice name)
{
    char text[64];
    if (name.len >= sizeof text) {
        return false;
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return strlen(text) == name.len && sql_setting_may_read(text);
}

static const struct sql_refusal *check_value(const struct sql_plan *plan,
                                             const struct plan_bind_check *bind, int16_t format,
                                             struct slice value, struct slice tenant)
{
    bool is_tenant = false;
    switch (bind->kind) {
    case PLAN_BIND_PATTERN:
        return sql_pattern_never_raises(value) ? NULL : &raising_pattern;
    case PLAN_BIND_SETTING:
        return may_read_setting(value) ? NULL : &unreadable_setting;
    case PLAN_BIND_TENANT:
        is_tenant = format == 0 ? sql_tenant_equals_text(bind->type, value, tenant)
                                : sql_tenant_equals_binary(bind->type, value, tenant);
        break;
    }
    return is_tenant ? NULL : &plan->not_tenant_bind;
}

const struct sql_refusal *sql_plan_check_bind(const struct sql_plan *plan, size_t index,
                                              int16_t format, bool is_null, struct slice value,
                                              struct slice tenant)
{
    check_tenant(tenant);
    for (size_t i = 0; i < plan->num_bind_checks; i++) {
        const struct plan_bind_check *bind = &plan->bind_checks[i];
        if (bind->index != index) {
            continue;
        }
        if (is_null) {
            if (bind->kind == PLAN_BIND_TENANT) {
                return &plan->not_tenant_bind;
            }
            continue;
        }
        const struct sql_refusal *why = check_value(plan, bind, format, value, tenant);
        if (why != NULL) {
            return why;
        }
    }
    return NULL;
}

size_t sql_plan_num_statements(const struct sql_plan *plan)
{
    return plan->num_statements;
}

enum sql_effect sql_plan_effect(const struct sql_plan *plan, size_t statement)
{
    check(statement < plan->num_statements);
    return plan->effects[statement];
}

bool sql_plan_is_tenants_own(const struct sql_plan *plan)
{
    return plan->is_tenants_own;
}

bool sql_plan_is_verbatim(const struct sql_plan *plan)
{
    return plan->is_verbatim;
}

bool sql_plan_writes(const struct sql_plan *plan)
{
    return plan->writes;
}

bool sql_plan_advances_sequences(const struct sql_plan *plan)
{
    return plan->advances;
}

bool sql_plan_setting(const struct sql_plan *plan, struct sql_setting *out)
{
    *out = (struct sql_setting){plan->setting_name, plan->setting_value};
    if (plan->verdict != SQL_FORWARD || plan->setting_name == NULL) {
        return false;
    }
    size_t last = plan->num_statements - 1;
    for (size_t i = 0; i < last; i++) {
        if (plan->effects[i] != SQL_EFFECT_NONE) {
            return false;
        }
    }
    return plan->effects[last] == SQL_EFFECT_PIN_SET;
}

bool sql_plan_resets_all(const struct sql_plan *plan)
{
    return plan->setting_name != NULL && strcmp(plan->setting_name, SQL_ALL_SETTINGS) == 0;
}

bool sql_plan_deallocates(const struct sql_plan *plan, struct slice *out)
{
    *out = slice_text(plan->deallocated != NULL ? plan->deallocated : "");
    return plan->verdict == SQL_FORWARD && plan->num_statements == 1 && plan->deallocated != NULL;
}

bool sql_plan_copies(const struct sql_plan *plan)
{
    return plan->copies;
}

const struct copy_in_format *sql_plan_copies_in(const struct sql_plan *plan)
{
    return plan->copies_in ? &plan->copy_in : NULL;
}

bool sql_plan_is_discard_all(const struct sql_plan *plan)
{
    return plan->verdict == SQL_FORWARD && plan->num_statements == 1 &&
           plan->effects[0] == SQL_EFFECT_DISCARD_ALL;
}

static bool starts_character(uint8_t byte)
{
    return (byte & 0xC0) != 0x80;
}

/* Where in the text without holes the given character (from 0) of the sent text is. Tenants are
 * ASCII: each of their bytes is a character. */
static uint32_t without_holes(const struct sql_plan *plan, size_t tenant_len, size_t character)
{
    size_t sent = 0;
    uint32_t kept = 0;
    size_t hole = 0;
    for (size_t i = 0; i < plan->text_len; i++) {
        while (hole < plan->num_holes && plan->holes[hole] == i) {
            sent += tenant_len;
            hole++;
        }
        if (sent > character) {
            return kept;
        }
        if (starts_character(plan->text[i])) {
            if (sent == character) {
                return kept;
            }
            sent++;
            kept++;
        }
    }
    return kept;
}

int32_t sql_plan_client_position(const struct sql_plan *plan, struct slice tenant,
                                 int32_t emitted_position)
{
    check_tenant(tenant);
    if (emitted_position < 1 || plan->verdict != SQL_FORWARD) {
        return 0;
    }
    if (plan->is_verbatim) {
        return emitted_position;
    }
    uint32_t wanted = without_holes(plan, tenant.len, (size_t)emitted_position - 1);
    int32_t best = 0;
    for (size_t i = 0; i < plan->num_positions && plan->positions[i].emitted <= wanted; i++) {
        best = (int32_t)plan->positions[i].client + 1;
    }
    return best;
}

bool sql_plan_proof_failed(const struct sql_plan *plan)
{
    return plan->proof_failed;
}

size_t sql_plan_num_notes(const struct sql_plan *plan)
{
    return plan->num_notes;
}

const char *sql_plan_note(const struct sql_plan *plan, size_t note)
{
    check(note < plan->num_notes);
    return plan->notes[note];
}

size_t sql_plan_memory(const struct sql_plan *plan)
{
    return plan->memory;
}
