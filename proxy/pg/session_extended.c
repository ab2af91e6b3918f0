/* SPDX-License-Identifier: Apache-2.0
 *
 * Extended messages but for Parse and Bind, and the rules they share. A batch is what stands
 * between two Syncs. What a Parse or Close of an earlier batch did is not known before its answer
 * has come: a message that depends on it waits. Within a batch nothing waits: if the earlier
 * message fails, the server skips the later one.
 *
 * A session that has no link needs none for Close, Flush and Sync. */
#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/message_request.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_extended.h"
#include "proxy/pg/session_parts.h"

#define SHORT_ROOM ((size_t)16)

enum request_step session_relay(struct session *s, enum pg_reply_kind kind,
                                const struct pg_frame *frame)
{
    switch (session_need_link(s, kind)) {
    case LINK_LATER:
        return REQUEST_WAITS;
    case LINK_REFUSED:
        return REQUEST_DONE;
    case LINK_THERE:
        break;
    }
    switch (owed_push(&s->link->owed, kind, 0, NULL)) {
    case PG_REPLY_QUEUED:
        break;
    case PG_REPLY_NOT_WANTED: /* a Sync inside of COPY FROM STDIN */
        return REQUEST_DONE;
    case PG_REPLY_VIOLATION:
    case PG_REPLY_FULL:
        return REQUEST_WRONG;
    }
    if (!stream_write(&s->link->stream, frame->whole)) {
        session_close(s, CLOSE_TOO_LARGE);
    }
    session_answer_local(s);
    return REQUEST_DONE;
}

enum request_step session_refuse_named(struct session *s, enum pg_reply_kind kind,
                                       const char *sqlstate, const char *message, struct slice name)
{
    struct refusal *refusal = refusal_new(sqlstate, message, name);
    session_refuse(s, kind, &refusal);
    return REQUEST_DONE;
}

/* Whether the Parse of a statement, or the Close of a name that is not there any more, stands in
 * an earlier batch and was not answered yet. */
static bool is_in_doubt(const struct session *s, struct slice name,
                        const struct statement *statement)
{
    if (s->link == NULL) {
        return false;
    }
    if (statement != NULL) {
        return !statement->is_settled && statement->batch != s->link->batch;
    }
    return name.len > 0 && s->names.num_closing > 0 && s->names.closing_batch != s->link->batch;
}

bool session_find_statement(struct session *s, struct slice name, struct statement **out)
{
    *out = name.len == 0 ? s->names.unnamed
                         : statement_map_find(&s->names.statements, &s->pg->key, name);
    if (is_in_doubt(s, name, *out)) {
        session_stop(s);
        return false;
    }
    return true;
}

enum request_step session_describe(struct session *s, const struct pg_frame *frame)
{
    struct pg_named named;
    if (pg_named_decode(frame->body, &named) != PG_OK) {
        return REQUEST_WRONG;
    }
    if (named.target == PG_PORTAL) {
        return session_relay(s, PG_REPLY_DESCRIBE_PORTAL, frame);
    }
    const enum pg_reply_kind kind = PG_REPLY_DESCRIBE_STATEMENT;
    struct statement *statement;
    if (!session_find_statement(s, named.name, &statement)) {
        return REQUEST_WAITS;
    }
    if (statement == NULL) {
        return session_refuse_named(s, kind, "26000", SESSION_NO_STATEMENT, named.name);
    }
    if (!session_replan(s, &statement)) {
        return session_refuse_named(s, kind, "57P03", close_message(CLOSE_UNAVAILABLE), named.name);
    }
    const struct sql_refusal *why = session_object(s, statement->plan);
    if (why != NULL) {
        struct refusal *refusal = refusal_copy(why);
        session_refuse(s, kind, &refusal);
        return REQUEST_DONE;
    }
    struct prepared prepared;
    enum request_step step = session_prepare(s, kind, statement, named.name.len == 0, &prepared);
    if (step != REQUEST_DONE || !prepared.is_there) {
        return step;
    }
    struct outgoing out;
    uint32_t flags = sql_plan_added_type(statement->plan) != 0 ? OWED_HIDES : 0;
    if (owed_push(&s->link->owed, kind, flags, NULL) != PG_REPLY_QUEUED ||
        !outgoing_begin(&out, &s->link->stream, SHORT_ROOM + sizeof prepared.name)) {
        return REQUEST_WRONG;
    }
    pg_write_describe(&out.writer, PG_STATEMENT, slice_of(prepared.name, prepared.name_len));
    check(outgoing_end(&out));
    return REQUEST_DONE;
}

static enum request_step answer_close(struct session *s)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, SHORT_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return REQUEST_DONE;
    }
    pg_write_bare_reply(&out.writer, PG_CLOSE_COMPLETE);
    check(outgoing_end(&out));
    return REQUEST_DONE;
}

/* The link keeps its statement for whoever needs it next: only the name goes. */
static enum request_step close_statement(struct session *s, struct slice name)
{
    struct statement *statement;
    if (!session_find_statement(s, name, &statement)) {
        return REQUEST_WAITS;
    }
    struct statement_slot *slot = NULL;
    if (name.len > 0) {
        slot = statement_map_take(&s->names.statements, &s->pg->key, name);
        session_names_count(s->pg);
    } else {
        statement_unref(&s->names.unnamed);
    }
    if (s->link == NULL) {
        statement_slot_free(&slot);
        return answer_close(s);
    }
    struct owed_note note = {.closed = slot};
    s->names.num_closing += slot != NULL;
    s->names.closing_batch = s->link->batch;
    if (owed_push(&s->link->owed, PG_REPLY_CLOSE, OWED_LOCAL, &note) != PG_REPLY_QUEUED) {
        return REQUEST_WRONG;
    }
    session_answer_local(s);
    return REQUEST_DONE;
}

enum request_step session_close_named(struct session *s, const struct pg_frame *frame)
{
    struct pg_named named;
    if (pg_named_decode(frame->body, &named) != PG_OK) {
        return REQUEST_WRONG;
    }
    if (named.target == PG_STATEMENT) {
        return close_statement(s, named.name);
    }
    if (s->link == NULL) {
        return answer_close(s); /* a portal lives no longer than its transaction */
    }
    return session_relay(s, PG_REPLY_CLOSE, frame);
}

enum request_step session_execute(struct session *s, const struct pg_frame *frame)
{
    struct pg_execute execute;
    if (pg_execute_decode(frame->body, &execute) != PG_OK) {
        return REQUEST_WRONG;
    }
    if (execute.portal.len == 0 && s->names.portal != NULL && s->link != NULL) {
        return session_names_execute(s, frame);
    }
    return session_relay(s, PG_REPLY_EXECUTE, frame);
}

enum request_step session_flush(struct session *s, const struct pg_frame *frame)
{
    if (frame->body.len != 0) {
        return REQUEST_WRONG;
    }
    if (s->link != NULL && !stream_write(&s->link->stream, frame->whole)) {
        session_close(s, CLOSE_TOO_LARGE);
    }
    return REQUEST_DONE;
}

/* Only without isolation: what the function does to the session, nobody knows. */
enum request_step session_function_call(struct session *s, const struct pg_frame *frame)
{
    enum request_step step = session_relay(s, PG_REPLY_FUNCTION_CALL, frame);
    if (step == REQUEST_DONE && s->link != NULL) {
        s->link->is_dirty = true;
        s->link->outcome.may_commit = true;
    }
    return step;
}

static enum request_step answer_sync(struct session *s)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, SHORT_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return REQUEST_DONE;
    }
    pg_write_ready(&out.writer, PG_READY_IDLE);
    check(outgoing_end(&out));
    return REQUEST_DONE;
}

enum request_step session_sync(struct session *s, const struct pg_frame *frame)
{
    if (frame->body.len != 0) {
        return REQUEST_WRONG;
    }
    s->skips = false;
    if (s->link == NULL) {
        return answer_sync(s);
    }
    enum request_step step = session_relay(s, PG_REPLY_SYNC, frame);
    if (step == REQUEST_DONE && s->link != NULL) {
        s->link->batch++;
    }
    return step;
}
