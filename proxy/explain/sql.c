/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the one choke point of SQL (policy/sql/plan.h) what it makes of a text, and reports it: the
 * verdict, what would be sent, the guards and why, or the error the client would get. The plan
 * lives for one call. Sends nothing and decides nothing of its own. */
#include <stdlib.h>
#include <string.h>

#include "proxy/explain/report.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/writer.h"

static const char *const effect_names[SQL_EFFECTS] = {
    [SQL_EFFECT_NONE] = "none",
    [SQL_EFFECT_BEGIN] = "begin",
    [SQL_EFFECT_COMMIT] = "commit",
    [SQL_EFFECT_ROLLBACK] = "rollback",
    [SQL_EFFECT_SAVEPOINT] = "savepoint",
    [SQL_EFFECT_SET_LOCAL] = "set_local",
    [SQL_EFFECT_DISCARD_ALL] = "discard_all",
    [SQL_EFFECT_DEALLOCATE] = "deallocate",
    [SQL_EFFECT_UNKNOWN] = "unknown",
#define PIN(NAME, label) [SQL_EFFECT_PIN_##NAME] = "pin_" label,
#include "policy/sql/pins.def"
#undef PIN
};

static json_t *text_value(const char *text, size_t len)
{
    json_t *value = json_stringn(text, len);
    return value != NULL ? value : json_string("(not UTF-8)");
}

static json_t *refusal_value(const struct sql_refusal *refusal)
{
    json_t *value = json_object();
    json_object_set_new(value, "sqlstate", json_string(refusal->sqlstate));
    json_object_set_new(value, "message", text_value(refusal->message, strlen(refusal->message)));
    if (refusal->detail[0] != '\0') {
        json_object_set_new(value, "detail", text_value(refusal->detail, strlen(refusal->detail)));
    }
    if (refusal->hint[0] != '\0') {
        json_object_set_new(value, "hint", text_value(refusal->hint, strlen(refusal->hint)));
    }
    if (refusal->position > 0) {
        json_object_set_new(value, "position", json_integer(refusal->position));
    }
    return value;
}

static json_t *sent_value(const struct sql_plan *plan, struct slice tenant)
{
    size_t len = sql_plan_text_len(plan, tenant);
    char *text = mem_new(len + 1);
    struct writer w = writer_over(text, len);
    sql_plan_write_text(plan, tenant, &w);
    struct slice written;
    check(writer_done(&w, &written) && written.len == len);
    json_t *value = text_value(text, len);
    free(text);
    return value;
}

static void add_forwarded(json_t *report, const struct sql_plan *plan, struct slice tenant)
{
    json_object_set_new(report, "sent", sent_value(plan, tenant));
    if (sql_plan_added_type(plan) != 0) {
        json_object_set_new(report, "tenant_parameter",
                            json_integer(sql_plan_num_params(plan) + 1));
    }
    json_t *effects = json_array();
    for (size_t i = 0; i < sql_plan_num_statements(plan); i++) {
        json_array_append_new(effects, json_string(effect_names[sql_plan_effect(plan, i)]));
    }
    json_object_set_new(report, "effect", effects);
}

static void add_notes(json_t *report, const struct sql_plan *plan)
{
    json_t *notes = json_array();
    for (size_t i = 0; i < sql_plan_num_notes(plan); i++) {
        const char *note = sql_plan_note(plan, i);
        json_array_append_new(notes, text_value(note, strlen(note)));
    }
    json_object_set_new(report, "note", notes);
    if (sql_plan_proof_failed(plan)) {
        json_object_set_new(report, "proof_failed", json_true());
    }
}

/* The refusal that applies to this tenant, or NULL. */
static const struct sql_refusal *find_refusal(const struct sql_plan *plan, struct slice tenant)
{
    switch (sql_plan_verdict(plan)) {
    case SQL_REFUSE:
        return sql_plan_refusal(plan);
    case SQL_FORWARD:
        return sql_plan_admit(plan, tenant);
    case SQL_EMPTY:
        return NULL;
    }
    return NULL;
}

static const char *verdict_name(const struct sql_plan *plan, const struct sql_refusal *refusal)
{
    if (refusal != NULL) {
        return "refuse";
    }
    if (sql_plan_verdict(plan) == SQL_EMPTY) {
        return "empty";
    }
    return sql_plan_is_discard_all(plan) ? "local" : "forward";
}

json_t *explain_sql(const struct explain_subject *subject, const struct catalog *catalog,
                    struct slice sql, enum sql_protocol protocol)
{
    struct sql_environment environment = {.catalog = catalog,
                                          .row = &subject->config->row,
                                          .max_bytes = subject->config->limits.statement_bytes,
                                          .wants_notes = true};
    struct sql_request request = {.text = sql, .protocol = protocol};
    struct sql_plan *plan = sql_plan_new(&environment, &request);
    const struct sql_refusal *refusal = find_refusal(plan, subject->tenant);
    const char *verdict = verdict_name(plan, refusal);

    json_t *report = json_object();
    json_object_set_new(report, "tenant",
                        text_value((const char *)subject->tenant.ptr, subject->tenant.len));
    json_object_set_new(report, "verdict", json_string(verdict));
    if (refusal != NULL) {
        json_object_set_new(report, "refusal", refusal_value(refusal));
    } else if (strcmp(verdict, "forward") == 0) {
        add_forwarded(report, plan, subject->tenant);
    }
    add_notes(report, plan);
    sql_plan_unref(&plan);
    return report;
}
