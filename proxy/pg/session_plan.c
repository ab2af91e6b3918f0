/* SPDX-License-Identifier: Apache-2.0
 *
 * The way to the choke point: every text of a client becomes a plan here and nowhere else. Plans
 * are made under the worker's present snapshot, whichever the session logged in under. */
#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "policy/sql/plan.h"
#include "policy/sql/plan_cache.h"
#include "protocol/pg/frontend.h"
#include "proxy/metrics.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_settings.h"
#include "proxy/pg/statement_map.h"

/* What the cache counted since the last look-up. */
static void count_lookup(struct pg_worker *pg)
{
    struct metrics_group *group = metrics_worker(pg->worker->metrics);
    const struct sql_plan_cache_stats now = sql_plan_cache_stats(pg->plans);
    const struct sql_plan_cache_stats *before = &pg->counted;
    metrics_add(group, METRIC_PLAN_CACHE_HITS, (int64_t)(now.hits - before->hits));
    metrics_add(group, METRIC_PLAN_CACHE_MISSES, (int64_t)(now.misses - before->misses));
    metrics_add(group, METRIC_PLAN_CACHE_BYTES, (int64_t)now.bytes - (int64_t)before->bytes);
    pg->counted = now;
}

/* NULL while the upstream has no catalogue. */
static struct sql_plan *plan_of(struct session *s, const struct sql_request *request)
{
    const struct pg_upstream *upstream = s->upstream;
    const struct config *config = snapshot_config(upstream->snapshot);
    const struct sql_environment env = {
        .passes_through = upstream->target.upstream->is_passthrough,
        .catalog = pg_upstream_catalog(upstream),
        .row = &config->row,
        .max_bytes = config->limits.statement_bytes,
    };
    const struct sql_plan_scope scope = {
        .epoch = snapshot_epoch(upstream->snapshot),
        .environment = upstream->number,
    };
    if (env.catalog == NULL && !env.passes_through) {
        return NULL;
    }
    struct sql_plan *plan = sql_plan_cache_get(s->pg->plans, &scope, &env, request);
    count_lookup(s->pg);
    return plan;
}

struct sql_plan *session_plan_simple(struct session *s, struct slice text)
{
    const struct sql_request request = {.text = text, .protocol = SQL_SIMPLE};
    return plan_of(s, &request);
}

struct sql_plan *session_plan_extended(struct session *s, struct slice text, struct slice types,
                                       uint16_t num_types)
{
    uint32_t *numbers = s->pg->type_scratch; /* as many as a message can count */
    for (size_t i = 0; pg_type_next(&types, &numbers[i]);) {
        i++;
    }
    const struct sql_request request = {
        .text = text,
        .protocol = SQL_EXTENDED,
        .param_types = numbers,
        .num_param_types = num_types,
    };
    return plan_of(s, &request);
}

/* What the session parses from now on means something else than before. */
void session_renew_meaning(struct session *s)
{
    s->meaning = ++s->pg->last_meaning;
}

/* Makes s the session's statement in the place of old, under the same name or none. */
static void put_in_place(struct session *s, struct statement *old, struct statement *statement)
{
    if (s->names.unnamed == old) {
        statement_unref(&s->names.unnamed);
        s->names.unnamed = statement_ref(statement);
    } else {
        statement_map_replace(&s->names.statements, old, statement);
    }
}

bool session_replan(struct session *s, struct statement **statement)
{
    struct statement *old = *statement;
    if (old->epoch == session_epoch(s) || !old->is_settled) {
        return true;
    }
    struct statement_spec spec = {
        .epoch = session_epoch(s),
        .settings_tag = old->settings_tag,
        .types = slice_of(old->types, old->types_len),
        .text = slice_of(old->text, old->text_len),
    };
    uint16_t num_types = (uint16_t)(old->types_len / sizeof(uint32_t));
    spec.plan = session_plan_extended(s, spec.text, spec.types, num_types);
    if (spec.plan == NULL) {
        return false;
    }
    struct statement *fresh = statement_new(&spec);
    sql_plan_unref(&spec.plan);
    fresh->is_settled = true;
    put_in_place(s, old, fresh);
    *statement = fresh;
    statement_unref(&fresh); /* the session holds it */
    return true;
}

uint64_t session_epoch(const struct session *s)
{
    return snapshot_epoch(s->upstream->snapshot);
}

static void apply_effect(struct session *s, enum sql_effect effect)
{
    if (sql_effect_pin(effect) != NULL) {
        session_pin(s, effect);
    } else if (effect == SQL_EFFECT_UNKNOWN) {
        s->link->is_dirty = true;
        link_statements_clear(&s->link->statements); /* they are prepared anew where needed */
    } else if (effect == SQL_EFFECT_SET_LOCAL) {
        s->link->has_local_settings = true;
        session_renew_meaning(s);
    }
}

void session_apply_effects(struct session *s, const struct sql_plan *plan)
{
    link_outcome_sent(&s->link->outcome, s->link->ready, plan);
    bool is_tracked = session_settings_track(s, plan);
    for (size_t i = 0; i < sql_plan_num_statements(plan) && !is_tracked; i++) {
        apply_effect(s, sql_plan_effect(plan, i));
    }
    s->may_track = false;
    if (sql_plan_advances_sequences(plan)) {
        s->link->sequences_of = s->id;
    }
}
