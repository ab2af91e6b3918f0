/* SPDX-License-Identifier: Apache-2.0
 *
 * Parse and Bind, and the statements of the link's server. A named statement of a client is one of
 * the link's, under a name of the proxy's own, shared by all sessions that have the same text and
 * settings: a Parse of what the link has is answered here, in its turn; a Bind of what the link
 * lacks sends a Parse first, whose answer is swallowed. The unnamed statement stays unnamed, and
 * is sent again on a link whose server last parsed another.
 *
 * In the extended protocol the tenant is one more parameter: declared in Parse, bound in Bind. */
#include <stdio.h>

#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_request.h"
#include "proxy/metrics.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_copy.h"
#include "proxy/pg/session_extended.h"
#include "proxy/pg/session_parts.h"

#define PARSE_ROOM    ((size_t)64) /* header, name, counts */
#define BIND_ROOM     ((size_t)64)
#define CLOSE_ROOM    ((size_t)64)
#define BYTES_OF_TYPE ((size_t)4)

#define NAMED_PORTAL "DEALLOCATE and DISCARD ALL must be bound to the unnamed portal, not \"%s\""

/* As many parameters as the server will count: declared types may be more than are used. */
static uint16_t count_params(const struct statement *statement)
{
    uint16_t used = sql_plan_num_params(statement->plan);
    uint16_t given = (uint16_t)(statement->types_len / BYTES_OF_TYPE);
    return used > given ? used : given;
}

/* Writes a Parse of the statement under a name of the server. */
static bool write_parse(struct session *s, const struct statement *statement, struct slice name)
{
    const struct sql_plan *plan = statement->plan;
    struct slice name_in_it;
    bool is_empty = sql_plan_verdict(plan) == SQL_EMPTY || sql_plan_deallocates(plan, &name_in_it);
    size_t text_len = is_empty ? 0 : sql_plan_text_len(plan, session_tenant(s));
    const struct pg_parse_types types = {
        .given = slice_of(statement->types, statement->types_len),
        .num_params = count_params(statement),
        .added_type = sql_plan_added_type(plan),
    };
    size_t room = PARSE_ROOM + text_len + (types.num_params + 1U) * BYTES_OF_TYPE;
    struct outgoing out;
    if (!outgoing_begin(&out, &s->link->stream, room)) {
        return false;
    }
    size_t mark = pg_begin_parse(&out.writer, name);
    if (!is_empty) {
        sql_plan_write_text(plan, session_tenant(s), &out.writer);
    }
    pg_end_parse(&out.writer, mark, &types);
    return outgoing_end(&out);
}

/* Makes room among the link's statements. */
static bool close_oldest(struct session *s)
{
    uint64_t number = link_statements_evict(&s->link->statements);
    if (number == LINK_STATEMENT_NOBODY) {
        return true;
    }
    char name[LINK_STATEMENT_NAME];
    size_t len = link_statement_name(number, name);
    struct owed_note note = {.link_statement = number};
    struct outgoing out;
    if (owed_push(&s->link->owed, PG_REPLY_CLOSE, OWED_SWALLOW, &note) != PG_REPLY_QUEUED ||
        !outgoing_begin(&out, &s->link->stream, CLOSE_ROOM)) {
        return false;
    }
    pg_write_close(&out.writer, PG_STATEMENT, slice_of(name, len));
    return outgoing_end(&out);
}

/* Sends a Parse. flags: whether the client asked for it (0) or the proxy (OWED_SWALLOW). A text
 * that is parsed under SET LOCAL may mean something else than it will mean to the next session. */
static bool send_parse(struct session *s, struct statement *statement, uint32_t flags,
                       struct slice name, struct owed_note note)
{
    struct link *link = s->link;
    link->is_dirty = link->is_dirty || link->has_local_settings;
    note.statement = statement_ref(statement);
    note.plan = sql_plan_ref(statement->plan);
    return owed_push(&link->owed, PG_REPLY_PARSE, flags, &note) == PG_REPLY_QUEUED &&
           write_parse(s, statement, name);
}

/* Adds the statement to the link's and sends its Parse. */
static bool send_named_parse(struct session *s, struct statement *statement, uint32_t flags,
                             struct prepared *out)
{
    struct link *link = s->link;
    if (!close_oldest(s)) {
        return false;
    }
    struct link_statement *added = link_statements_add(&link->statements, statement);
    added->batch = link->batch;
    out->name_len = link_statement_name(added->number, out->name);
    const struct owed_note note = {.link_statement = added->number};
    return send_parse(s, statement, flags, slice_of(out->name, out->name_len), note);
}

static bool send_unnamed_parse(struct session *s, struct statement *statement, uint32_t flags)
{
    struct link *link = s->link;
    statement_unref(&link->unnamed.statement);
    link->unnamed.statement = statement_ref(statement);
    link->unnamed.is_settled = false;
    link->unnamed.batch = link->batch;
    const struct owed_note note = {.unnamed_number = ++link->unnamed.number};
    return send_parse(s, statement, flags, slice_of(NULL, 0), note);
}

static enum request_step wait_for_earlier(struct session *s)
{
    session_stop(s);
    return REQUEST_WAITS;
}

/* Has the link's server know it under a name of the proxy's own. */
static enum request_step prepare_named(struct session *s, struct statement *statement,
                                       struct prepared *out)
{
    const struct link_statement *known = link_statements_find(&s->link->statements, statement);
    if (known != NULL && !known->is_settled && known->batch != s->link->batch) {
        return wait_for_earlier(s);
    }
    out->is_there = true;
    if (known == NULL) {
        return send_named_parse(s, statement, OWED_SWALLOW, out) ? REQUEST_DONE : REQUEST_WRONG;
    }
    out->name_len = link_statement_name(known->number, out->name);
    return REQUEST_DONE;
}

/* Has it be the server's unnamed statement. That it was sent does not mean that it is: the Parse
 * may have been skipped, and another session's statement be there still. */
static enum request_step prepare_unnamed(struct session *s, struct statement *statement,
                                         struct prepared *out)
{
    const struct link *link = s->link;
    if (!link->unnamed.is_settled && link->unnamed.statement != NULL &&
        link->unnamed.batch != link->batch) {
        return wait_for_earlier(s);
    }
    out->is_there = true;
    bool is_known = link->unnamed.statement == statement;
    bool is_fine = is_known || send_unnamed_parse(s, statement, OWED_SWALLOW);
    return is_fine ? REQUEST_DONE : REQUEST_WRONG;
}

enum request_step session_prepare(struct session *s, enum pg_reply_kind asked_by,
                                  struct statement *statement, bool is_unnamed,
                                  struct prepared *out)
{
    *out = (struct prepared){.is_there = false};
    switch (session_need_link(s, asked_by)) {
    case LINK_LATER:
        return REQUEST_WAITS;
    case LINK_REFUSED:
        return REQUEST_DONE;
    case LINK_THERE:
        break;
    }
    return is_unnamed ? prepare_unnamed(s, statement, out) : prepare_named(s, statement, out);
}
/* The client's Parse under a name: sent, or answered here when the link has the statement. */
static enum request_step parse_named(struct session *s, struct slice name,
                                     const struct statement_spec *spec)
{
    struct statement *statement = statement_new(spec);
    const struct link_statement *known = link_statements_find(&s->link->statements, statement);
    if (known != NULL && !known->is_settled && known->batch != s->link->batch) {
        statement_unref(&statement);
        return wait_for_earlier(s);
    }
    if (statement_map_add(&s->names.statements, &s->pg->key, name, statement) != STATEMENT_OK) {
        statement_unref(&statement);
        return session_refuse_named(s, PG_REPLY_PARSE, "53400", "too many prepared statements",
                                    name);
    }
    session_names_count(s->pg);
    statement->batch = s->link->batch;
    bool is_sent;
    if (known == NULL) {
        struct prepared prepared;
        is_sent = send_named_parse(s, statement, 0, &prepared);
    } else {
        struct owed_note note = {.statement = statement_ref(statement)};
        is_sent = owed_push(&s->link->owed, PG_REPLY_PARSE, OWED_LOCAL, &note) == PG_REPLY_QUEUED;
    }
    statement_unref(&statement);
    session_answer_local(s);
    return is_sent ? REQUEST_DONE : REQUEST_WRONG;
}

static enum request_step parse_unnamed(struct session *s, const struct statement_spec *spec)
{
    statement_unref(&s->names.unnamed);
    s->names.unnamed = statement_new(spec);
    s->names.unnamed->batch = s->link->batch;
    bool is_sent = send_unnamed_parse(s, s->names.unnamed, 0);
    session_answer_local(s);
    return is_sent ? REQUEST_DONE : REQUEST_WRONG;
}

static enum request_step refuse(struct session *s, enum pg_reply_kind kind,
                                const struct sql_refusal *why)
{
    struct refusal *refusal = refusal_copy(why);
    session_refuse(s, kind, &refusal);
    return REQUEST_DONE;
}

const struct sql_refusal *session_object(struct session *s, const struct sql_plan *plan)
{
    switch (sql_plan_verdict(plan)) {
    case SQL_REFUSE:
        return sql_plan_refusal(plan);
    case SQL_EMPTY:
        return NULL;
    case SQL_FORWARD:
        break;
    }
    const struct sql_refusal *why = session_names_object(s, plan);
    return why != NULL ? why : sql_plan_admit(plan, session_tenant(s));
}

static enum request_step parse_plan(struct session *s, const struct pg_parse *parse,
                                    struct sql_plan *plan)
{
    const struct sql_refusal *why = session_object(s, plan);
    if (why != NULL) {
        if (parse->name.len == 0) {
            statement_unref(&s->names.unnamed); /* as the server does before it parses */
        }
        return refuse(s, PG_REPLY_PARSE, why);
    }
    switch (session_need_link(s, PG_REPLY_PARSE)) {
    case LINK_LATER:
        return REQUEST_WAITS;
    case LINK_REFUSED:
        return REQUEST_DONE;
    case LINK_THERE:
        break;
    }
    const struct statement_spec spec = {
        .plan = plan,
        .epoch = session_epoch(s),
        .settings_tag = sql_plan_is_tenants_own(plan) ? ++s->pg->last_meaning : s->meaning,
        .types = parse->types,
        .text = parse->text,
    };
    bool is_rewritten = sql_plan_num_notes(plan) > 0;
    metrics_add(s->metrics, is_rewritten ? METRIC_QUERIES_REWRITTEN : METRIC_QUERIES_FORWARDED, 1);
    return parse->name.len == 0 ? parse_unnamed(s, &spec) : parse_named(s, parse->name, &spec);
}

enum request_step session_parse(struct session *s, const struct pg_frame *frame)
{
    struct pg_parse parse;
    if (pg_parse_decode(frame->body, &parse) != PG_OK) {
        return REQUEST_WRONG;
    }
    struct statement *same = NULL;
    if (parse.name.len > 0 && !session_find_statement(s, parse.name, &same)) {
        return REQUEST_WAITS;
    }
    if (same != NULL) {
        return session_refuse_named(s, PG_REPLY_PARSE, "42P05",
                                    "prepared statement \"%s\" already exists", parse.name);
    }
    struct sql_plan *plan = session_plan_extended(s, parse.text, parse.types, parse.num_types);
    if (plan == NULL) {
        return session_refuse_named(s, PG_REPLY_PARSE, "57P03", close_message(CLOSE_UNAVAILABLE),
                                    parse.name);
    }
    enum request_step step = parse_plan(s, &parse, plan);
    sql_plan_unref(&plan);
    return step;
}

/* Whether every value may stand where it stands; else why not. */
static const struct sql_refusal *check_values(struct session *s, const struct sql_plan *plan,
                                              const struct pg_bind *bind)
{
    struct slice values = bind->values;
    struct pg_value value;
    for (size_t i = 0; pg_value_next(&values, &value); i++) {
        const struct sql_refusal *why =
            sql_plan_check_bind(plan, i, (int16_t)pg_bind_format(bind, i), value.is_null,
                                value.bytes, session_tenant(s));
        if (why != NULL) {
            return why;
        }
    }
    return NULL;
}

static enum request_step refuse_count(struct session *s, const struct pg_bind *bind,
                                      const struct statement *statement)
{
    char text[128];
    int len = snprintf(text, sizeof text,
                       "bind message supplies %u parameters, but prepared statement \"%%s\" "
                       "requires %u",
                       bind->num_values, count_params(statement));
    check(len > 0 && (size_t)len < sizeof text);
    return session_refuse_named(s, PG_REPLY_BIND, "08P01", text, bind->statement);
}

/* What the rewritten message needs at most: another name, one value more, and a format code for
 * each value where there was one for all. */
static size_t bind_room(const struct pg_bind *bind, size_t body_len, struct slice name,
                        struct slice tenant)
{
    return BIND_ROOM + body_len + name.len + tenant.len + 2 * ((size_t)bind->num_values + 1);
}

static enum request_step send_bind(struct session *s, const struct pg_bind *bind, size_t body_len,
                                   const struct statement *statement,
                                   const struct prepared *prepared)
{
    struct slice name = slice_of(prepared->name, prepared->name_len);
    struct slice tenant = session_tenant(s);
    const struct slice *added = sql_plan_added_type(statement->plan) != 0 ? &tenant : NULL;
    session_copy_begin(s, statement->plan);
    struct owed_note note = {.plan = sql_plan_ref(statement->plan)};
    struct outgoing out;
    if (owed_push(&s->link->owed, PG_REPLY_BIND, 0, &note) != PG_REPLY_QUEUED ||
        !outgoing_begin(&out, &s->link->stream, bind_room(bind, body_len, name, tenant))) {
        return REQUEST_WRONG;
    }
    pg_bind_write(&out.writer, bind, name, added);
    if (!outgoing_end(&out)) {
        return REQUEST_WRONG; /* one parameter too many to add another */
    }
    if (bind->portal.len == 0) {
        session_names_note_portal(s, statement->plan);
    }
    if (!session_names_concern(statement->plan)) {
        session_apply_effects(s, statement->plan);
    }
    session_answer_local(s);
    return REQUEST_DONE;
}

enum request_step session_bind(struct session *s, const struct pg_frame *frame)
{
    struct pg_bind bind;
    if (pg_bind_decode(frame->body, &bind) != PG_OK) {
        return REQUEST_WRONG;
    }
    struct statement *statement;
    if (!session_find_statement(s, bind.statement, &statement)) {
        return REQUEST_WAITS;
    }
    if (statement == NULL) {
        return session_refuse_named(s, PG_REPLY_BIND, "26000", SESSION_NO_STATEMENT,
                                    bind.statement);
    }
    if (!session_replan(s, &statement)) {
        return session_refuse_named(s, PG_REPLY_BIND, "57P03", close_message(CLOSE_UNAVAILABLE),
                                    bind.statement);
    }
    if (bind.portal.len > 0 && session_names_concern(statement->plan)) {
        return session_refuse_named(s, PG_REPLY_BIND, "0A000", NAMED_PORTAL, bind.portal);
    }
    if (bind.num_values != count_params(statement) && !sql_plan_is_verbatim(statement->plan)) {
        return refuse_count(s, &bind, statement);
    }
    const struct sql_refusal *why = session_object(s, statement->plan);
    if (why == NULL) {
        why = session_object_to_pin(s, statement->plan);
    }
    if (why == NULL) {
        why = check_values(s, statement->plan, &bind);
    }
    if (why != NULL) {
        return refuse(s, PG_REPLY_BIND, why);
    }
    struct prepared prepared;
    enum request_step step =
        session_prepare(s, PG_REPLY_BIND, statement, bind.statement.len == 0, &prepared);
    if (step != REQUEST_DONE || !prepared.is_there) {
        return step;
    }
    return send_bind(s, &bind, frame->body.len, statement, &prepared);
}
