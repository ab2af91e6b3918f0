/* SPDX-License-Identifier: Apache-2.0
 *
 * Query messages: one text, perhaps of several statements, all of them in one plan. DISCARD ALL is
 * the proxy's own business: the client gets its answer, the link is scrubbed on its way back. */
#include "policy/config/config.h"
#include "policy/sql/plan.h"
#include "policy/sql/reserved.h"
#include "protocol/check.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/message_request.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_copy.h"
#include "proxy/pg/session_extended.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_settings.h"

#define SHORT_ANSWER_ROOM ((size_t)64)
#define QUERY_HEADER_ROOM ((size_t)8) /* type, length, final NUL */

static enum request_step refuse(struct session *s, const struct sql_refusal *why)
{
    struct refusal *refusal = refusal_copy(why);
    session_refuse(s, PG_REPLY_QUERY, &refusal);
    return REQUEST_DONE;
}

/* Answers without a server: the command's completion, then ReadyForQuery. */
static enum request_step answer(struct session *s, struct slice command, enum pg_ready ready)
{
    struct outgoing out;
    metrics_add(s->metrics, METRIC_QUERIES_LOCAL, 1);
    if (!outgoing_begin(&out, &s->stream, SHORT_ANSWER_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return REQUEST_DONE;
    }
    if (command.len > 0) {
        pg_write_command_complete(&out.writer, command);
    } else {
        pg_write_bare_reply(&out.writer, PG_EMPTY_QUERY_RESPONSE);
    }
    pg_write_ready(&out.writer, ready);
    check(outgoing_end(&out));
    return REQUEST_DONE;
}

/* The text goes into the link's output: written by the plan, or nothing for an empty query. */
static enum request_step forward(struct session *s, const struct sql_plan *plan)
{
    struct link *link = s->link;
    bool is_empty = sql_plan_verdict(plan) == SQL_EMPTY;
    struct slice tenant = session_tenant(s);
    size_t room = QUERY_HEADER_ROOM + (is_empty ? 0 : sql_plan_text_len(plan, tenant));
    struct outgoing out;
    if (!outgoing_begin(&out, &link->stream, room)) {
        session_close(s, CLOSE_TOO_LARGE);
        return REQUEST_DONE;
    }
    size_t mark = pg_begin_query(&out.writer);
    if (!is_empty) {
        sql_plan_write_text(plan, tenant, &out.writer);
    }
    pg_end_query(&out.writer, mark);
    check(outgoing_end(&out));
    statement_unref(&link->unnamed.statement); /* a simple query takes it */
    return REQUEST_DONE;
}

static enum request_step send_to_server(struct session *s, struct sql_plan *plan)
{
    switch (session_need_link(s, PG_REPLY_QUERY)) {
    case LINK_LATER:
        return REQUEST_WAITS;
    case LINK_REFUSED:
        return REQUEST_DONE;
    case LINK_THERE:
        break;
    }
    if (session_copy_must_wait(s, plan)) {
        session_stop(s);
        return REQUEST_WAITS;
    }
    struct owed_note note = {.plan = sql_plan_ref(plan)};
    enum pg_reply_push pushed = owed_push(&s->link->owed, PG_REPLY_QUERY, 0, &note);
    if (pushed != PG_REPLY_QUEUED) {
        return REQUEST_WRONG;
    }
    session_copy_begin(s, plan);
    session_apply_effects(s, plan);
    bool is_rewritten = sql_plan_num_notes(plan) > 0;
    metrics_add(s->metrics, is_rewritten ? METRIC_QUERIES_REWRITTEN : METRIC_QUERIES_FORWARDED, 1);
    return forward(s, plan);
}

/* DISCARD ALL: what the server kept for this session is gone once the link was scrubbed, so
 * letting it go is all there is to do. */
static enum request_step discard_all(struct session *s)
{
    enum pg_ready ready = PG_READY_IDLE;
    bool is_owed = s->link != NULL && !pg_reply_is_idle(&s->link->owed.tracker, &ready);
    if (is_owed && !s->has_open_batch) {
        session_stop(s); /* earlier answers first */
        return REQUEST_WAITS;
    }
    if (is_owed || ready != PG_READY_IDLE) { /* a batch without its Sync is a transaction, too */
        struct refusal *refusal = refusal_new(
            "25001", "DISCARD ALL cannot run inside a transaction block", slice_of(NULL, 0));
        session_refuse(s, PG_REPLY_QUERY, &refusal);
        return REQUEST_DONE;
    }
    statement_map_clear(&s->names.statements);
    session_settings_reset(s);
    if (s->link != NULL) {
        session_release(s);
    }
    return answer(s, slice_text("DISCARD ALL"), PG_READY_IDLE);
}

static bool is_reserved(struct slice name)
{
    struct slice prefix = slice_text(SQL_RESERVED_PREFIX);
    return name.len >= prefix.len && slice_equal(slice_of(name.ptr, prefix.len), prefix);
}

/* The server has the names of links only. What a SQL PREPARE made, which pins, it has under the
 * client's name. */
static enum request_step forget_statement(struct session *s, struct sql_plan *plan,
                                          struct slice name, enum pg_ready ready)
{
    bool may_have_own = s->is_pinned;
    if (name.len == 0) {
        statement_map_clear(&s->names.statements);
        if (!may_have_own) {
            return answer(s, slice_text("DEALLOCATE ALL"), ready);
        }
        link_statements_clear(&s->link->statements);
        return send_to_server(s, plan);
    }
    struct statement_slot *slot = statement_map_take(&s->names.statements, &s->pg->key, name);
    if (slot != NULL) {
        statement_slot_free(&slot);
        return answer(s, slice_text("DEALLOCATE"), ready);
    }
    if (may_have_own && !is_reserved(name)) {
        return send_to_server(s, plan);
    }
    struct refusal *refusal = refusal_new("26000", SESSION_NO_STATEMENT, name);
    session_refuse(s, PG_REPLY_QUERY, &refusal);
    return REQUEST_DONE;
}

static enum request_step deallocate(struct session *s, struct sql_plan *plan, struct slice name)
{
    enum pg_ready ready = PG_READY_IDLE;
    bool is_owed = s->link != NULL && !pg_reply_is_idle(&s->link->owed.tracker, &ready);
    if (is_owed && !s->has_open_batch) {
        session_stop(s); /* earlier answers first */
        return REQUEST_WAITS;
    }
    if (is_owed || ready == PG_READY_FAILED) {
        struct refusal *refusal =
            is_owed ? refusal_new("0A000", "DEALLOCATE is not possible before a Sync here", name)
                    : refusal_new("25P02",
                                  "current transaction is aborted, commands ignored until end of "
                                  "transaction block",
                                  name);
        session_refuse(s, PG_REPLY_QUERY, &refusal);
        return REQUEST_DONE;
    }
    return forget_statement(s, plan, name, ready);
}

static enum request_step decide(struct session *s, struct sql_plan *plan)
{
    const struct sql_refusal *why;
    switch (sql_plan_verdict(plan)) {
    case SQL_REFUSE:
        if (sql_plan_proof_failed(plan)) {
            metrics_add(metrics_worker(s->pg->worker->metrics), METRIC_PROOF_FAILED, 1);
            log_event(LOG_PROOF_FAILED, log_number("session", (int64_t)s->id));
        }
        return refuse(s, sql_plan_refusal(plan));
    case SQL_EMPTY:
        return s->link == NULL ? answer(s, slice_of(NULL, 0), PG_READY_IDLE)
                               : send_to_server(s, plan);
    case SQL_FORWARD:
        break;
    }
    if (sql_plan_is_discard_all(plan)) {
        return discard_all(s);
    }
    struct slice name;
    if (sql_plan_deallocates(plan, &name)) {
        return deallocate(s, plan, name);
    }
    why = sql_plan_admit(plan, session_tenant(s));
    if (why == NULL) {
        why = session_object_to_pin(s, plan);
    }
    return why == NULL ? send_to_server(s, plan) : refuse(s, why);
}

enum request_step session_query(struct session *s, const struct pg_frame *frame)
{
    struct slice text;
    if (pg_text_decode(frame->body, &text) != PG_OK) {
        return REQUEST_WRONG;
    }
    struct sql_plan *plan = session_plan_simple(s, text);
    if (plan == NULL) {
        struct refusal *refusal = refusal_new("57P03", close_message(CLOSE_UNAVAILABLE), text);
        session_refuse(s, PG_REPLY_QUERY, &refusal);
        return REQUEST_DONE;
    }
    enum request_step step = decide(s, plan);
    sql_plan_unref(&plan);
    if (step == REQUEST_DONE) {
        statement_unref(&s->names.unnamed); /* PG docs: a simple query destroys it */
    }
    return step;
}
