/* SPDX-License-Identifier: Apache-2.0
 *
 * Query, and Parse to Sync (PG docs, Message Flow). There are no transactions and no parameters;
 * portals live to the next Sync. After an error in the extended protocol all is dropped up to it.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_reply.h"
#include "proxy/console/answer.h"
#include "proxy/console/run.h"
#include "proxy/console/session.h"
#include "proxy/console/tour.h"
#include "proxy/pg/outgoing.h"

#define REQUEST_MAX ((size_t)16 * 1024)
#define SMALL_ROOM  ((size_t)4096) /* anything but rows */
#define SYNTAX      "unknown command; SHOW HELP lists those there are"
#define MALFORMED   "invalid or unexpected protocol message"

enum step { STEP_NEXT, STEP_OVER };

static enum step send_bare(struct console_session *s, enum pg_bare_reply reply)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, SMALL_ROOM)) {
        console_session_close(s);
        return STEP_OVER;
    }
    pg_write_bare_reply(&out.writer, reply);
    check(outgoing_end(&out));
    return STEP_NEXT;
}

static enum step send_ready(struct console_session *s)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, SMALL_ROOM)) {
        console_session_close(s);
        return STEP_OVER;
    }
    pg_write_ready(&out.writer, PG_READY_IDLE);
    check(outgoing_end(&out));
    return STEP_NEXT;
}

static enum step send_error(struct console_session *s, const char *sqlstate, const char *message)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, SMALL_ROOM)) {
        console_session_close(s);
        return STEP_OVER;
    }
    console_write_error(&out.writer, sqlstate, message);
    check(outgoing_end(&out));
    return STEP_NEXT;
}

/* An error of a message before Sync. */
static enum step skip_after(struct console_session *s, const char *sqlstate, const char *message)
{
    s->skips = true;
    return send_error(s, sqlstate, message);
}

static enum step violate(struct console_session *s)
{
    console_session_fail(s, "08P01", MALFORMED);
    return STEP_OVER;
}

static enum step send_description(struct console_session *s, const struct console_prepared *p)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, SMALL_ROOM)) {
        console_session_close(s);
        return STEP_OVER;
    }
    if (p->is_empty) {
        pg_write_bare_reply(&out.writer, PG_NO_DATA);
    } else {
        console_write_description(&out.writer, p->command.verb, &p->formats);
    }
    check(outgoing_end(&out));
    return STEP_NEXT;
}

static enum step send_result(struct console_session *s, const struct console_prepared *p,
                             const struct console_result *result)
{
    struct writer measure = writer_measuring();
    console_write_result(&measure, p->command.verb, &p->formats, result);
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, writer_len(&measure))) {
        console_session_close(s);
        return STEP_OVER;
    }
    console_write_result(&out.writer, p->command.verb, &p->formats, result);
    check(outgoing_end(&out));
    return STEP_NEXT;
}

/* The workers are asked; nothing more is read until they have answered. */
static enum step wait_for_tour(struct console_session *s, const struct console_prepared *p,
                               bool is_simple)
{
    s->is_simple = is_simple;
    s->verb = p->command.verb;
    s->formats = p->formats;
    stream_pause(&s->stream);
    return STEP_OVER;
}

/* Runs it. STEP_NEXT: the caller goes on with what follows an answer or an error. */
static enum step execute(struct console_session *s, const struct console_prepared *p,
                         bool is_simple)
{
    struct console_result result;
    if (p->is_empty) {
        return send_bare(s, PG_EMPTY_QUERY_RESPONSE);
    }
    console_run(s, &p->command, &result);
    enum step step = STEP_OVER;
    if (s->state != CONSOLE_READY) {
        step = STEP_OVER;
    } else if (s->tour != NULL) {
        step = wait_for_tour(s, p, is_simple);
    } else if (result.sqlstate != NULL) {
        step = is_simple ? send_error(s, result.sqlstate, result.message)
                         : skip_after(s, result.sqlstate, result.message);
    } else if (is_simple && console_show_of(p->command.verb) != NULL &&
               send_description(s, p) == STEP_OVER) {
        step = STEP_OVER;
    } else {
        step = send_result(s, p, &result);
    }
    console_rows_fini(&result.rows);
    return step;
}

static enum step take_query(struct console_session *s, struct slice body)
{
    struct slice text;
    struct console_prepared p = {.is_portal = true};
    if (pg_text_decode(body, &text) != PG_OK) {
        return violate(s);
    }
    enum console_parse parse = console_parse(text, &p.command);
    p.is_empty = parse == CONSOLE_EMPTY;
    enum step step = parse == CONSOLE_WRONG ? send_error(s, "42601", SYNTAX) : execute(s, &p, true);
    return step == STEP_OVER ? STEP_OVER : send_ready(s);
}

static struct console_prepared *find(struct console_session *s, bool is_portal, struct slice name)
{
    struct console_prepared *p;
    LIST_FOREACH(p, &s->prepared, entry)
    {
        if (p->is_portal == is_portal && slice_equal(slice_of(p->name, p->name_len), name)) {
            return p;
        }
    }
    return NULL;
}

static void forget(struct console_session *s, struct console_prepared *p)
{
    if (p != NULL) {
        LIST_REMOVE(p, entry);
        s->num_prepared--;
        free(p);
    }
}

/* Room for one more of that name; NULL: there are too many, or it is there already. */
static struct console_prepared *add(struct console_session *s, bool is_portal, struct slice name)
{
    if (name.len == 0) {
        forget(s, find(s, is_portal, name));
    }
    if (s->num_prepared >= CONSOLE_PREPARED_MAX || name.len > CONSOLE_NAME_MAX ||
        find(s, is_portal, name) != NULL) {
        return NULL;
    }
    struct console_prepared *p = mem_new(sizeof *p + name.len);
    p->is_portal = is_portal;
    p->name_len = name.len;
    if (name.len > 0) {
        memcpy(p->name, name.ptr, name.len);
    }
    LIST_INSERT_HEAD(&s->prepared, p, entry);
    s->num_prepared++;
    return p;
}

static enum step take_parse(struct console_session *s, struct slice body)
{
    struct pg_parse parse;
    struct console_command command;
    if (pg_parse_decode(body, &parse) != PG_OK) {
        return violate(s);
    }
    enum console_parse parsed = console_parse(parse.text, &command);
    if (parsed == CONSOLE_WRONG) {
        return skip_after(s, "42601", SYNTAX);
    }
    struct console_prepared *p = add(s, false, parse.name);
    if (p == NULL) {
        return skip_after(s, "42P05", "that prepared statement exists, or there are too many");
    }
    p->is_empty = parsed == CONSOLE_EMPTY;
    p->command = p->is_empty ? (struct console_command){.name = ""} : command;
    return send_bare(s, PG_PARSE_COMPLETE);
}

/* The format codes of a Bind; false when they are none that there are. */
static bool take_formats(struct slice results, struct console_formats *out)
{
    struct reader r = reader_over(results);
    out->num = reader_u16(&r);
    for (uint16_t i = 0; i < out->num && i < CONSOLE_COLUMNS_MAX; i++) {
        uint16_t code = reader_u16(&r);
        if (code > 1) {
            return false;
        }
        out->is_binary[i] = (uint8_t)code;
    }
    return reader_done(&r);
}

static enum step take_bind(struct console_session *s, struct slice body)
{
    struct pg_bind bind;
    struct console_formats formats = {.num = 0};
    if (pg_bind_decode(body, &bind) != PG_OK) {
        return violate(s);
    }
    const struct console_prepared *statement = find(s, false, bind.statement);
    if (statement == NULL) {
        return skip_after(s, "26000", "there is no such prepared statement");
    }
    if (bind.num_values > 0 || !take_formats(bind.results, &formats)) {
        return skip_after(s, "08P01", "commands have no parameters, and formats are 0 and 1");
    }
    struct console_prepared *p = add(s, true, bind.portal);
    if (p == NULL) {
        return skip_after(s, "42P03", "that portal exists, or there are too many");
    }
    p->is_empty = statement->is_empty;
    p->command = statement->command;
    p->formats = formats;
    return send_bare(s, PG_BIND_COMPLETE);
}

static enum step take_describe(struct console_session *s, struct slice body)
{
    struct pg_named named;
    if (pg_named_decode(body, &named) != PG_OK) {
        return violate(s);
    }
    bool is_portal = named.target == PG_PORTAL;
    const struct console_prepared *p = find(s, is_portal, named.name);
    struct outgoing out;
    if (p == NULL) {
        return skip_after(s, is_portal ? "34000" : "26000", "there is nothing of that name");
    }
    if (!is_portal) {
        if (!outgoing_begin(&out, &s->stream, SMALL_ROOM)) {
            console_session_close(s);
            return STEP_OVER;
        }
        pg_write_parameter_description(&out.writer, slice_of(NULL, 0), 0);
        check(outgoing_end(&out));
    }
    return send_description(s, p);
}

static enum step take_execute(struct console_session *s, struct slice body)
{
    struct pg_execute wanted;
    if (pg_execute_decode(body, &wanted) != PG_OK) {
        return violate(s);
    }
    const struct console_prepared *p = find(s, true, wanted.portal);
    if (p == NULL) {
        return skip_after(s, "34000", "there is no such portal");
    }
    if (wanted.max_rows != 0) {
        return skip_after(s, "0A000", "the console sends all rows at once");
    }
    return execute(s, p, false);
}

static enum step take_close(struct console_session *s, struct slice body)
{
    struct pg_named named;
    if (pg_named_decode(body, &named) != PG_OK) {
        return violate(s);
    }
    forget(s, find(s, named.target == PG_PORTAL, named.name));
    return send_bare(s, PG_CLOSE_COMPLETE);
}

static enum step take_sync(struct console_session *s)
{
    struct console_prepared *next;
    for (struct console_prepared *p = LIST_FIRST(&s->prepared); p != NULL; p = next) {
        next = LIST_NEXT(p, entry);
        if (p->is_portal) {
            forget(s, p);
        }
    }
    s->skips = false;
    return send_ready(s);
}

static enum step take(struct console_session *s, const struct pg_frame *frame)
{
    if (frame->type == 'X') {
        console_session_close(s);
        return STEP_OVER;
    }
    if (frame->type == 'S') {
        return take_sync(s);
    }
    if (s->skips || frame->type == 'H') { /* all is sent at the end of the turn */
        return STEP_NEXT;
    }
    switch (frame->type) {
    case 'Q':
        return take_query(s, frame->body);
    case 'P':
        return take_parse(s, frame->body);
    case 'B':
        return take_bind(s, frame->body);
    case 'D':
        return take_describe(s, frame->body);
    case 'E':
        return take_execute(s, frame->body);
    case 'C':
        return take_close(s, frame->body);
    default:
        return violate(s);
    }
}

void console_session_requests(struct console_session *s)
{
    struct pg_frame frame;
    enum step step = STEP_NEXT;
    while (step == STEP_NEXT && s->state == CONSOLE_READY && s->tour == NULL) {
        if (stream_is_full(&s->stream)) {
            stream_pause(&s->stream);
            return;
        }
        switch (pg_frame_next(stream_input(&s->stream), PG_CLIENT, REQUEST_MAX, &frame)) {
        case SCAN_MORE:
            return;
        case SCAN_BAD:
            step = violate(s);
            break;
        case SCAN_DONE:
            step = take(s, &frame);
            if (s->state == CONSOLE_READY) {
                stream_consume(&s->stream, frame.whole.len);
            }
            break;
        }
    }
}

void console_session_toured(struct console_session *s, const struct console_rows *rows)
{
    const struct console_result result = {.rows = *rows};
    struct console_prepared p = {.command = {.verb = s->verb}, .formats = s->formats};
    enum step step = STEP_NEXT;
    if (s->is_simple && console_show_of(s->verb) != NULL) {
        step = send_description(s, &p);
    }
    step = step == STEP_NEXT ? send_result(s, &p, &result) : step;
    step = step == STEP_NEXT && s->is_simple ? send_ready(s) : step;
    if (step == STEP_NEXT) {
        stream_resume(&s->stream);
    }
}
