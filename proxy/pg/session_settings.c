/* SPDX-License-Identifier: Apache-2.0
 *
 * Only the simple case is tracked: the SET is the first statement of its transaction, and its
 * transaction ends with the ReadyForQuery that follows, without an error. Then it was kept for
 * certain. Whatever is more than that pins, which is always right. */
#include "proxy/pg/session_settings.h"

#include <string.h>

#include "policy/sql/plan.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/settings.h"

bool session_settings_may_track(const struct session *s, const struct sql_plan *plan)
{
    struct sql_setting setting;
    if (!s->may_track || s->is_pinned || s->wanted != NULL || !sql_plan_setting(plan, &setting)) {
        return false;
    }
    if (strcmp(setting.name, SQL_ALL_SETTINGS) == 0) {
        return true;
    }
    /* On a link RESET gives the server's value, not the one of the client's startup packet. */
    return setting.value != NULL || settings_value(s->base, slice_text(setting.name)) == NULL;
}

bool session_settings_track(struct session *s, const struct sql_plan *plan)
{
    struct sql_setting setting;
    if (!session_settings_may_track(s, plan) || !sql_plan_setting(plan, &setting)) {
        return false;
    }
    s->resets_all = sql_plan_resets_all(plan);
    s->wanted = s->resets_all
                    ? settings_ref(s->base)
                    : settings_with(&s->pg->settings, s->settings, setting.name, setting.value);
    s->is_set = false;
    if (s->wanted != NULL) {
        session_renew_meaning(s); /* until it is known which of the two holds */
    }
    return s->wanted != NULL;
}

void session_settings_note_complete(struct session *s, struct slice tag)
{
    if (s->wanted != NULL) {
        s->is_set = slice_equal(tag, slice_text("SET")) || slice_equal(tag, slice_text("RESET"));
    }
}

void session_settings_forget(struct session *s)
{
    settings_unref(&s->pg->settings, &s->wanted);
    s->resets_all = false;
}

bool session_settings_note_ready(struct session *s, enum pg_ready ready)
{
    if (s->wanted == NULL) {
        return true;
    }
    if (ready != PG_READY_IDLE) {
        session_settings_forget(s);
        return false;
    }
    if (s->is_set) {
        settings_unref(&s->pg->settings, &s->settings);
        settings_unref(&s->pg->settings, &s->link->settings);
        s->settings = settings_ref(s->wanted);
        s->link->settings = settings_ref(s->resets_all ? s->pg->no_settings : s->wanted);
        s->meaning = settings_meaning(s->settings);
    }
    bool goes_back = s->resets_all;
    session_settings_forget(s);
    s->resets_all = goes_back;
    return true;
}

void session_settings_reset(struct session *s)
{
    session_settings_forget(s);
    settings_unref(&s->pg->settings, &s->settings);
    s->settings = settings_ref(s->base);
    s->meaning = settings_meaning(s->settings);
}
