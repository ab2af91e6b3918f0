/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a plan, for those who build and those who read it. Everything is malloc'd and
 * owned by the plan; nothing in it comes from libpg_query's memory. */
#ifndef POLICY_SQL_PLAN_PARTS_H
#define POLICY_SQL_PLAN_PARTS_H

#include "policy/sql/plan.h"
#include "policy/sql/tenant_type.h"

/* One node of the text that is sent and where it stood in the client's, in characters from 0. */
struct plan_position {
    uint32_t emitted; /* holes count as nothing */
    uint32_t client;
};

enum plan_bind_kind { PLAN_BIND_TENANT, PLAN_BIND_PATTERN, PLAN_BIND_SETTING };

/* What the value of a parameter must be. */
struct plan_bind_check {
    size_t index; /* of the parameter, from 0 */
    enum plan_bind_kind kind;
    const struct sql_tenant_type *type; /* of the tenant */
};

struct sql_plan {
    uint32_t refs;
    enum sql_verdict verdict;
    bool proof_failed;
    bool is_verbatim;
    bool is_tenants_own; /* what Parse sends holds the tenant */
    bool advances;       /* sequences, perhaps */
    uint32_t added_type; /* 0: the plan adds no parameter */
    uint16_t num_params;
    struct sql_refusal refusal; /* owns its texts when the verdict is SQL_REFUSE */

    uint8_t *text; /* owns; without the holes */
    size_t text_len;
    uint32_t *holes; /* owns; byte offsets into text, ascending */
    size_t num_holes;

    char *expected; /* owns; the constant that must be the tenant, or NULL */
    const struct sql_tenant_type *expected_type;
    struct sql_refusal not_tenant; /* owns its message; the refusal of a constant or parameter */
    struct sql_refusal not_tenant_bind;
    struct plan_bind_check *bind_checks; /* owns */
    size_t num_bind_checks;

    bool copies;
    bool copies_in;
    struct copy_in_format copy_in;
    enum sql_effect *effects; /* owns; one per statement */
    bool writes;              /* one of them may change something for good */
    char *deallocated;        /* owns; the name, "" for ALL; NULL: no DEALLOCATE */
    char *setting_name;       /* owns; NULL: the text is not one SET or RESET */
    char *setting_value;      /* owns; NULL: RESET */
    size_t num_statements;
    struct plan_position *positions; /* owns; ascending by emitted */
    size_t num_positions;
    char **notes; /* owns */
    size_t num_notes;
    size_t memory;
};

#endif
