/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside a block only its end commits. Outside, every statement that writes is a transaction of its
 * own, and so is one that was sent behind the end of a block, or behind a BEGIN that has not been
 * answered: doubt is an unknown outcome. */
#include "proxy/pg/link_outcome.h"

#include <stddef.h>

#include "policy/sql/plan.h"

struct ends {
    bool commits;
    bool rolls_back;
};

static struct ends ends_of(const struct sql_plan *plan)
{
    struct ends ends = {.commits = false};
    for (size_t i = 0; i < sql_plan_num_statements(plan); i++) {
        enum sql_effect effect = sql_plan_effect(plan, i);
        ends.commits = ends.commits || effect == SQL_EFFECT_COMMIT || effect == SQL_EFFECT_UNKNOWN;
        ends.rolls_back = ends.rolls_back || effect == SQL_EFFECT_ROLLBACK;
    }
    return ends;
}

void link_outcome_sent(struct link_outcome *outcome, enum pg_ready ready,
                       const struct sql_plan *plan)
{
    struct ends ends = ends_of(plan);
    bool is_in_block = ready != PG_READY_IDLE && !outcome->ends_block;
    bool has_several = sql_plan_num_statements(plan) > 1;
    if (!is_in_block) {
        outcome->may_commit = outcome->may_commit || sql_plan_writes(plan);
    } else if (ends.commits) {
        outcome->may_commit = outcome->may_commit || ready != PG_READY_FAILED || has_several;
    } else if (ends.rolls_back && has_several) {
        outcome->may_commit = outcome->may_commit || sql_plan_writes(plan);
    }
    outcome->ends_block = outcome->ends_block || ends.commits || ends.rolls_back;
}

void link_outcome_settled(struct link_outcome *outcome)
{
    *outcome = (struct link_outcome){.may_commit = false};
}
