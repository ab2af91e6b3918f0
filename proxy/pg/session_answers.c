/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors, and what an answer means for the books. An error of the server is passed on with its
 * position moved to the client's text and, in the classes whose DETAIL quotes values of rows (data,
 * integrity, names), without anything but its message: rewriting alone guards the table, and the
 * key of a unique violation is the tenant column's too. */
#include "policy/config/config.h"
#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/pg/error_fields.h"
#include "protocol/pg/message_reply.h"
#include "proxy/log.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_pool.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_answers.h"
#include "proxy/pg/session_copy.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_settings.h"
#include "proxy/pg/statement_map.h"

#define ERROR_ROOM ((size_t)64) /* more than it was: a position may get longer */
#define BARE_ROOM  ((size_t)16)

/* Classes in which DETAIL and its like may quote what is in rows or in the catalogue. */
static bool is_scrubbed(struct slice sqlstate)
{
    static const char *const classes[] = {"22", "23", "3F", "42"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (sqlstate.len == 5 && slice_equal(slice_of(sqlstate.ptr, 2), slice_text(classes[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_fatal(struct slice fields)
{
    struct slice severity = pg_error_field_find(fields, PG_ERROR_SEVERITY_ENGLISH);
    if (severity.len == 0) {
        severity = pg_error_field_find(fields, PG_ERROR_SEVERITY);
    }
    return slice_equal(severity, slice_text("FATAL")) || slice_equal(severity, slice_text("PANIC"));
}

/* Writes the server's error for the client. */
static void pass_on(struct session *s, const struct pg_frame *frame, struct slice fields,
                    const struct sql_plan *plan)
{
    static const uint8_t quoting[] = {PG_ERROR_DETAIL, PG_ERROR_WHERE, PG_ERROR_INTERNAL_QUERY,
                                      PG_ERROR_INTERNAL_POSITION};
    if (s->upstream->target.upstream->is_passthrough) {
        if (!stream_write(&s->stream, frame->whole)) {
            session_close(s, CLOSE_CLIENT_SLOW);
        }
        return;
    }
    int32_t position = pg_error_position(fields);
    if (position > 0) {
        position = plan == NULL ? 0 : sql_plan_client_position(plan, session_tenant(s), position);
    }
    struct pg_error_changes changes = {.position = position};
    if (is_scrubbed(pg_error_field_find(fields, PG_ERROR_SQLSTATE))) {
        changes.dropped = slice_of(quoting, sizeof quoting);
    }
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, frame->whole.len + ERROR_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    pg_error_rewrite(&out.writer, 'E', fields, &changes);
    check(outgoing_end(&out));
}

static void write_refusal(struct session *s, const struct refusal *refusal)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, refusal_room(refusal))) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    refusal_write(refusal, &out.writer);
    check(outgoing_end(&out));
}

/* The session's link is no good any more, and its end was or will be told to the client. */
static enum relay_step end_with(struct session *s, enum close_reason reason, struct slice message)
{
    struct link *link = s->link;
    session_lose_link(s);
    session_close_because(s, reason, message);
    link_discard(link);
    return RELAY_OVER;
}

static enum relay_step broken(struct session *s)
{
    return end_with(s, CLOSE_LINK_PROTOCOL, slice_of(NULL, 0));
}

enum relay_step session_take_last_words(struct relay *r, const struct pg_frame *frame)
{
    struct slice fields;
    if (pg_error_decode(frame->body, &fields) != PG_OK || !is_fatal(fields)) {
        return broken(r->s);
    }
    pass_on(r->s, frame, fields, NULL);
    return r->s->link == NULL ? RELAY_OVER : end_with(r->s, CLOSE_LINK_FATAL, slice_of(NULL, 0));
}

enum relay_step session_take_error(struct relay *r, const struct pg_frame *frame,
                                   const struct pg_reply *reply)
{
    struct session *s = r->s;
    struct slice fields;
    const struct owed_note *note = owed_find(&r->link->owed, reply);
    if (pg_error_decode(frame->body, &fields) != PG_OK) {
        return broken(s);
    }
    bool ends_link = is_fatal(fields);
    session_settings_forget(s);
    if (slice_equal(pg_error_field_find(fields, PG_ERROR_SQLSTATE), slice_text("0A000"))) {
        r->link->is_dirty = true; /* perhaps a plan whose result type has changed: prepare anew */
    }
    if (!ends_link && session_replay_heals(s, fields)) {
        return RELAY_NEXT;
    }
    bool is_settings = reply->kind == PG_REPLY_QUERY && (reply->flags & OWED_SWALLOW) != 0;
    if (is_settings && !ends_link) {
        return end_with(s, CLOSE_LINK_SETTINGS, pg_error_field_find(fields, PG_ERROR_MESSAGE));
    }
    struct refusal *of_copy = session_copy_take_refusal(s);
    if (of_copy != NULL && !ends_link) {
        write_refusal(s, of_copy);
    } else if ((reply->flags & OWED_REFUSED) != 0 && !ends_link) {
        check(note != NULL && note->refusal != NULL);
        write_refusal(s, note->refusal);
    } else {
        pass_on(s, frame, fields, note == NULL ? NULL : note->plan);
    }
    refusal_free(&of_copy);
    if (s->link == NULL) {
        return RELAY_OVER;
    }
    return ends_link ? end_with(s, CLOSE_LINK_FATAL, slice_of(NULL, 0)) : RELAY_NEXT;
}

/* The server has prepared it. */
static void settle_parse(struct session *s, const struct owed_note *note)
{
    struct link *link = s->link;
    if (note->statement != NULL) {
        note->statement->is_settled = true;
    }
    struct link_statement *known = link_statements_at(&link->statements, note->link_statement);
    if (known != NULL) {
        known->is_settled = true;
    }
    if (note->unnamed_number != 0 && note->unnamed_number == link->unnamed.number) {
        link->unnamed.is_settled = true;
    }
}

/* The server has not: what was noted when the Parse was sent is taken back. */
static void undo_parse(struct session *s, const struct pg_reply *reply, struct owed_note *note)
{
    struct link *link = s->link;
    struct link_statement *known = link_statements_at(&link->statements, note->link_statement);
    if (known != NULL) {
        link_statements_remove(&link->statements, known);
    }
    if (note->unnamed_number != 0 && note->unnamed_number == link->unnamed.number) {
        statement_unref(&link->unnamed.statement);
    }
    bool is_clients = (reply->flags & (OWED_SWALLOW | OWED_REFUSED)) == 0;
    if (is_clients && note->statement != NULL) {
        statement_map_remove(&s->names.statements, note->statement);
        if (s->names.unnamed == note->statement) {
            statement_unref(&s->names.unnamed);
        }
    }
}

void session_undo(struct session *s, const struct pg_reply *reply, struct owed_note *note)
{
    if (reply->kind == PG_REPLY_PARSE) {
        undo_parse(s, reply, note);
    }
    session_names_settled(s, reply, note, false);
    if (reply->kind == PG_REPLY_CLOSE && (reply->flags & OWED_SWALLOW) != 0) {
        s->link->is_dirty = true; /* the server keeps what was to be closed */
    }
}

void session_finish_entry(struct session *s, const struct pg_reply *reply, struct owed_note *note,
                          uint8_t type)
{
    if (type == 'E') {
        session_undo(s, reply, note);
    } else if (reply->kind == PG_REPLY_PARSE) {
        settle_parse(s, note);
    } else {
        session_names_settled(s, reply, note, true);
    }
}

void session_answer_entry(struct session *s, const struct pg_reply *reply, struct owed_note *note)
{
    struct outgoing out;
    check(reply->kind == PG_REPLY_PARSE || reply->kind == PG_REPLY_CLOSE);
    if (!outgoing_begin(&out, &s->stream, BARE_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    bool is_parse = reply->kind == PG_REPLY_PARSE;
    pg_write_bare_reply(&out.writer, is_parse ? PG_PARSE_COMPLETE : PG_CLOSE_COMPLETE);
    check(outgoing_end(&out));
    if (is_parse) {
        settle_parse(s, note);
    } else {
        session_names_settled(s, reply, note, true);
    }
}
