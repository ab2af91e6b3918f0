/* SPDX-License-Identifier: Apache-2.0
 *
 * DEALLOCATE and DISCARD ALL in the extended protocol. The names a client gave are known here
 * only, so the server has an empty statement in the place of a DEALLOCATE: it is parsed, bound,
 * described, skipped and refused in a failed transaction by the server's own rules, and the
 * EmptyQueryResponse to its Execute becomes the completion. DISCARD ALL is the server's to do, and
 * the link goes back afterwards. Names leave when the Execute is sent, so that what follows in
 * the pipeline may use them anew, and come back if the server skipped it. */
#include "proxy/pg/session_names.h"

#include "policy/config/config.h"
#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/pg/message_reply.h"
#include "proxy/metrics.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session_answers.h"
#include "proxy/pg/session_extended.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_settings.h"

#define COMPLETE_ROOM ((size_t)32)

void session_names_fini(struct session_names *names)
{
    statement_map_clear(&names->statements);
    statement_unref(&names->unnamed);
    sql_plan_unref(&names->portal);
}

void session_names_count(struct pg_worker *pg)
{
    struct statement_account *now = &pg->statements;
    struct statement_account *before = &pg->counted_statements;
    if (now->count == before->count && now->bytes == before->bytes) {
        return;
    }
    struct metrics_group *group = metrics_worker(pg->worker->metrics);
    metrics_add(group, METRIC_STATEMENTS, (int64_t)now->count - (int64_t)before->count);
    metrics_add(group, METRIC_STATEMENT_BYTES, (int64_t)now->bytes - (int64_t)before->bytes);
    *before = *now;
}

bool session_names_concern(const struct sql_plan *plan)
{
    struct slice name;
    return sql_plan_verdict(plan) == SQL_FORWARD &&
           (sql_plan_deallocates(plan, &name) || sql_plan_is_discard_all(plan));
}

void session_names_note_portal(struct session *s, struct sql_plan *plan)
{
    sql_plan_unref(&s->names.portal);
    if (session_names_concern(plan)) {
        s->names.portal = sql_plan_ref(plan);
    }
}

const struct sql_refusal *session_names_object(const struct session *s, const struct sql_plan *plan)
{
    static const struct sql_refusal refusal = {
        .sqlstate = "0A000",
        .message = "DEALLOCATE in the extended query protocol is not possible while the session "
                   "may have statements of SQL PREPARE",
        .detail = "",
        .hint = "Send it as a simple query.",
    };
    struct slice name;
    return s->is_pinned && sql_plan_deallocates(plan, &name) ? &refusal : NULL;
}

/* The Execute goes to the server; the names in note come back if it is skipped. */
static enum request_step send_execute(struct session *s, const struct pg_frame *frame,
                                      uint32_t flags, struct owed_note *note)
{
    struct link *link = s->link;
    s->names.num_closing += note->closed != NULL;
    s->names.closing_batch = link->batch;
    if (owed_push(&link->owed, PG_REPLY_EXECUTE, flags, note) != PG_REPLY_QUEUED) {
        return REQUEST_WRONG;
    }
    if (!stream_write(&link->stream, frame->whole)) {
        session_close(s, CLOSE_TOO_LARGE);
    }
    return REQUEST_DONE;
}

static enum request_step discard(struct session *s, const struct pg_frame *frame)
{
    struct owed_note note = {.closed = statement_map_take_all(&s->names.statements)};
    link_statements_clear(&s->link->statements);
    s->link->is_dirty = true;
    s->names.is_discarding = true;
    return send_execute(s, frame, OWED_DISCARDS, &note);
}

static enum request_step deallocate(struct session *s, const struct pg_frame *frame,
                                    struct slice name)
{
    struct owed_note note = {.plan = sql_plan_ref(s->names.portal)};
    if (name.len == 0) {
        note.closed = statement_map_take_all(&s->names.statements);
    } else {
        note.closed = statement_map_take(&s->names.statements, &s->pg->key, name);
    }
    return send_execute(s, frame, OWED_DEALLOCATES, &note);
}

enum request_step session_names_execute(struct session *s, const struct pg_frame *frame)
{
    struct slice name;
    struct statement *statement;
    check(s->link != NULL && s->names.portal != NULL);
    if (!sql_plan_deallocates(s->names.portal, &name)) {
        return discard(s, frame);
    }
    if (name.len > 0) {
        if (!session_find_statement(s, name, &statement)) {
            return REQUEST_WAITS;
        }
        if (statement == NULL) {
            return session_refuse_named(s, PG_REPLY_EXECUTE, "26000", SESSION_NO_STATEMENT, name);
        }
    }
    return deallocate(s, frame, name);
}

void session_names_completed(struct session *s, const struct owed_note *note)
{
    struct slice name;
    struct outgoing out;
    check(note != NULL && sql_plan_deallocates(note->plan, &name));
    if (!outgoing_begin(&out, &s->stream, COMPLETE_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    pg_write_command_complete(&out.writer,
                              slice_text(name.len == 0 ? "DEALLOCATE ALL" : "DEALLOCATE"));
    check(outgoing_end(&out));
}

void session_names_settled(struct session *s, const struct pg_reply *reply, struct owed_note *note,
                           bool is_done)
{
    if (note->closed != NULL) {
        s->names.num_closing--;
    }
    if (!is_done) {
        statement_map_put_back(&s->names.statements, &s->pg->key, &note->closed);
    }
    if ((reply->flags & OWED_DISCARDS) != 0) {
        s->names.is_discarding = s->names.is_discarding && is_done;
        if (is_done) {
            session_settings_reset(s);
        }
    }
}
