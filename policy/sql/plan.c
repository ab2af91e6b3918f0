/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan as a value: who owns it and what can be asked of it. There is no rewriter behind it
 * yet, so every text is refused, which is the safe half of the contract. */
#include "policy/sql/plan.h"

#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/mem.h"

struct sql_plan {
    uint32_t refs;
};

static const struct sql_refusal refuse_all = {
    .sqlstate = "0A000",
    .message = "statement is not supported under tenant isolation",
    .detail = "",
    .hint = "",
};

struct sql_plan *sql_plan_new(const struct sql_environment *env, const struct sql_request *request)
{
    check(env != NULL && request != NULL);
    struct sql_plan *plan = mem_new(sizeof(*plan));
    plan->refs = 1;
    return plan;
}

struct sql_plan *sql_plan_ref(struct sql_plan *plan)
{
    check(plan->refs > 0);
    plan->refs++;
    return plan;
}

void sql_plan_unref(struct sql_plan **plan)
{
    if (*plan == NULL) {
        return;
    }
    check((*plan)->refs > 0);
    if (--(*plan)->refs == 0) {
        free(*plan);
    }
    *plan = NULL;
}

enum sql_verdict sql_plan_verdict(const struct sql_plan *plan)
{
    check(plan != NULL);
    return SQL_REFUSE;
}

const struct sql_refusal *sql_plan_refusal(const struct sql_plan *plan)
{
    check(plan != NULL);
    return &refuse_all;
}

const struct sql_refusal *sql_plan_admit(const struct sql_plan *plan, struct slice tenant)
{
    check(plan != NULL && tenant.len > 0);
    return &refuse_all;
}

size_t sql_plan_text_len(const struct sql_plan *plan, struct slice tenant)
{
    check(plan != NULL && tenant.len > 0);
    return 0;
}

void sql_plan_write_text(const struct sql_plan *plan, struct slice tenant, struct writer *w)
{
    check(plan != NULL && tenant.len > 0 && w != NULL);
    check(sql_plan_verdict(plan) == SQL_FORWARD);
}

uint16_t sql_plan_num_params(const struct sql_plan *plan)
{
    check(plan != NULL);
    return 0;
}

bool sql_plan_adds_param(const struct sql_plan *plan)
{
    check(plan != NULL);
    return false;
}

const struct sql_refusal *sql_plan_check_bind(const struct sql_plan *plan, size_t index,
                                              int16_t format, bool is_null, struct slice value,
                                              struct slice tenant)
{
    check(plan != NULL && tenant.len > 0);
    (void)index, (void)format, (void)is_null, (void)value;
    return &refuse_all;
}

size_t sql_plan_num_statements(const struct sql_plan *plan)
{
    check(plan != NULL);
    return 0;
}

enum sql_effect sql_plan_effect(const struct sql_plan *plan, size_t statement)
{
    check(statement < sql_plan_num_statements(plan));
    return SQL_EFFECT_NONE;
}

bool sql_plan_is_discard_all(const struct sql_plan *plan)
{
    check(plan != NULL);
    return false;
}

int32_t sql_plan_client_position(const struct sql_plan *plan, struct slice tenant,
                                 int32_t emitted_position)
{
    check(plan != NULL && tenant.len > 0);
    (void)emitted_position;
    return 0;
}

bool sql_plan_proof_failed(const struct sql_plan *plan)
{
    check(plan != NULL);
    return false;
}

size_t sql_plan_num_notes(const struct sql_plan *plan)
{
    check(plan != NULL);
    return 0;
}

const char *sql_plan_note(const struct sql_plan *plan, size_t note)
{
    check(note < sql_plan_num_notes(plan));
    return "";
}

size_t sql_plan_memory(const struct sql_plan *plan)
{
    check(plan != NULL);
    return sizeof(*plan);
}
