/* SPDX-License-Identifier: Apache-2.0
 *
 * A session that keeps its link beyond the transaction, and why. What pinned it first is its
 * reason; it is counted until the session has no link any more, for its tenant and, by reason, for
 * its upstream. */
#include "proxy/pg/session_parts.h"

#include "policy/config/config.h"
#include "policy/sql/effect.h"
#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "proxy/metrics.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_settings.h"

static const struct reason {
    enum metric now, ever;
} reasons[SQL_EFFECTS] = {
#define PIN(NAME, label) [SQL_EFFECT_PIN_##NAME] = {METRIC_PINS_##NAME, METRIC_PINNED_##NAME},
#include "policy/sql/pins.def"
#undef PIN
};

void session_pin(struct session *s, enum sql_effect effect)
{
    check(sql_effect_pin(effect) != NULL);
    session_settings_forget(s);
    session_renew_meaning(s);
    s->link->is_dirty = true;
    s->names.is_discarding = false; /* what pins comes behind the DISCARD ALL, and must stay */
    if (s->is_pinned) {
        return;
    }
    s->is_pinned = true;
    s->pin = effect;
    metrics_add(s->metrics, METRIC_SESSIONS_PINNED, 1);
    metrics_add(s->upstream->metrics, reasons[effect].now, 1);
    metrics_add(s->upstream->metrics, reasons[effect].ever, 1);
}

void session_unpin(struct session *s)
{
    if (!s->is_pinned) {
        return;
    }
    s->is_pinned = false;
    metrics_add(s->metrics, METRIC_SESSIONS_PINNED, -1);
    metrics_add(s->upstream->metrics, reasons[s->pin].now, -1);
}

const struct sql_refusal *session_object_to_pin(const struct session *s,
                                                const struct sql_plan *plan)
{
    static const struct sql_refusal refusal = {
        .sqlstate = "0A000",
        .message =
            "this statement would keep its server connection, which this pool does not allow",
        .detail = "",
        .hint = "It leaves something behind in its session; see pool.pin and docs/postgres.md.",
    };
    static const struct sql_refusal no_reset = {
        .sqlstate = "0A000",
        .message = "RESET ALL is possible only outside of transactions, before statements that "
                   "keep the server connection",
        .detail = "",
        .hint = "DISCARD ALL gives the connection back.",
    };
    bool is_isolated = !s->upstream->target.upstream->is_passthrough;
    if (is_isolated && sql_plan_resets_all(plan) && !session_settings_may_track(s, plan)) {
        return &no_reset;
    }
    const struct config_pool *pool = &s->upstream->target.upstream->pool;
    if (pool->pin != CONFIG_POOL_PIN_REFUSE || pool->mode != CONFIG_POOL_TRANSACTION ||
        session_settings_may_track(s, plan)) {
        return NULL;
    }
    for (size_t i = 0; i < sql_plan_num_statements(plan); i++) {
        if (sql_effect_pin(sql_plan_effect(plan, i)) != NULL) {
            return &refusal;
        }
    }
    return NULL;
}
