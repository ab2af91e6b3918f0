/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's half of COPY FROM STDIN: data, its end, its failure. What comes without a COPY that
 * takes it is dropped, as a server does, since it is what a client still sends after its COPY
 * failed (PG docs, Message Flow: COPY Operations). Under isolation the rows go through copy_in.c;
 * where one is not the tenant's, the COPY is failed in the client's place, and the client gets our
 * words for the server's error. */
#include "proxy/pg/session_copy.h"

#include <stdlib.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/copy_in.h"
#include "protocol/pg/message_request.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_parts.h"

#define HEADER_LEN ((size_t)5)
#define FAIL_ROOM  ((size_t)64)
#define FAIL_WHY   "refused by ringfence"

/* Rows grow on the way, the shortest ones most: this bounds what one message may become. */
#define DATA_MAX ((size_t)1024 * 1024)

struct session_copy {
    bool is_in;
    struct copy_in rows;
    bool is_failed;          /* what still comes of it is dropped */
    struct refusal *refusal; /* owns; why, until the client was told */
};

bool session_copy_must_wait(const struct session *s, const struct sql_plan *plan)
{
    return s->copy != NULL && sql_plan_copies(plan);
}

void session_copy_begin(struct session *s, const struct sql_plan *plan)
{
    const struct copy_in_format *format = sql_plan_copies_in(plan);
    if (!sql_plan_copies(plan) || s->copy != NULL) {
        return;
    }
    s->copy = mem_new(sizeof *s->copy);
    s->copy->is_in = format != NULL;
    if (format != NULL) {
        const char *column = snapshot_config(s->upstream->snapshot)->row.column;
        copy_in_init(&s->copy->rows, format, session_tenant(s), slice_text(column));
    }
}

void session_copy_end_of(struct session *s)
{
    if (s->copy != NULL) {
        refusal_free(&s->copy->refusal);
        free(s->copy);
        s->copy = NULL;
    }
}

bool session_copy_expects(const struct session *s, uint8_t type)
{
    bool is_start_of_in = type == 'G';
    return s->copy != NULL && type != 'W' && is_start_of_in <= s->copy->is_in;
}

struct refusal *session_copy_take_refusal(struct session *s)
{
    if (s->copy == NULL) {
        return NULL;
    }
    struct refusal *refusal = s->copy->refusal;
    s->copy->refusal = NULL;
    return refusal;
}

static enum request_step relay_frame(struct session *s, const struct pg_frame *frame)
{
    if (!stream_write(&s->link->stream, frame->whole)) {
        session_close(s, CLOSE_TOO_LARGE);
    }
    return REQUEST_DONE;
}

static bool passes_through(const struct session *s)
{
    return s->upstream->target.upstream->is_passthrough;
}

/* Has the server give the COPY up. */
static enum request_step fail(struct session *s, const char *sqlstate, const char *message)
{
    struct outgoing out;
    s->copy->is_failed = true;
    s->copy->refusal = refusal_new(sqlstate, message, slice_of(NULL, 0));
    if (pg_reply_push_copy_end(&s->link->owed.tracker) != PG_REPLY_QUEUED) {
        return REQUEST_WRONG;
    }
    if (!outgoing_begin(&out, &s->link->stream, FAIL_ROOM)) {
        session_close(s, CLOSE_TOO_LARGE);
        return REQUEST_DONE;
    }
    pg_write_copy_fail(&out.writer, slice_text(FAIL_WHY));
    check(outgoing_end(&out));
    return REQUEST_DONE;
}

static enum request_step fail_for(struct session *s, enum copy_in_status status)
{
    if (status == COPY_IN_FOREIGN) {
        return fail(s, "42501", "a row of COPY FROM is not the session's tenant's");
    }
    return fail(s, "22P04", "rows of COPY FROM that could be read in two ways");
}

/* Sends the rows that bytes become, or with NULL the end of the last one. */
static enum copy_in_status send_rows(struct session *s, const struct slice *bytes)
{
    struct session_copy *copy = s->copy;
    struct copy_in probe = copy->rows;
    struct writer measured = writer_measuring();
    struct outgoing out;
    enum copy_in_status status =
        bytes != NULL ? copy_in_feed(&probe, *bytes, &measured) : copy_in_finish(&probe, &measured);
    size_t len = writer_len(&measured);
    if (status != COPY_IN_OK || len == 0) {
        copy->rows = probe;
        return status;
    }
    if (!outgoing_begin(&out, &s->link->stream, HEADER_LEN + len)) {
        session_close(s, CLOSE_TOO_LARGE);
        return COPY_IN_OK;
    }
    writer_u8(&out.writer, 'd');
    size_t mark = writer_open_frame(&out.writer);
    status = bytes != NULL ? copy_in_feed(&copy->rows, *bytes, &out.writer)
                           : copy_in_finish(&copy->rows, &out.writer);
    writer_close_frame(&out.writer, mark);
    check(status == COPY_IN_OK && outgoing_end(&out));
    return status;
}

enum request_step session_copy_data(struct session *s, const struct pg_frame *frame)
{
    bool is_wanted = s->link != NULL && pg_reply_wants_copy(&s->link->owed.tracker);
    if (!is_wanted || (s->copy != NULL && s->copy->is_failed)) {
        return REQUEST_DONE;
    }
    if (passes_through(s)) {
        return relay_frame(s, frame);
    }
    if (s->copy == NULL || !s->copy->is_in) {
        return REQUEST_WRONG;
    }
    if (frame->body.len > DATA_MAX) {
        return fail(s, "54000", "a CopyData message is too large under tenant isolation");
    }
    enum copy_in_status status = send_rows(s, &frame->body);
    return status == COPY_IN_OK ? REQUEST_DONE : fail_for(s, status);
}

/* The end of the rows: CopyDone, before which the last one may still get its tenant. */
static enum request_step finish_rows(struct session *s)
{
    bool is_wanted = s->link != NULL && pg_reply_wants_copy(&s->link->owed.tracker);
    if (s->copy == NULL || !s->copy->is_in || s->copy->is_failed || !is_wanted) {
        return REQUEST_DONE;
    }
    enum copy_in_status status = send_rows(s, NULL);
    return status == COPY_IN_OK ? REQUEST_DONE : fail_for(s, status);
}

enum request_step session_copy_end(struct session *s, const struct pg_frame *frame)
{
    if (frame->type == 'c' && !passes_through(s)) {
        enum request_step step = finish_rows(s);
        if (step != REQUEST_DONE || s->state != SESSION_ACTIVE) {
            return step;
        }
    }
    if (s->link == NULL || (s->copy != NULL && s->copy->is_failed)) {
        return REQUEST_DONE;
    }
    switch (pg_reply_push_copy_end(&s->link->owed.tracker)) {
    case PG_REPLY_QUEUED:
        return relay_frame(s, frame);
    case PG_REPLY_NOT_WANTED:
        return REQUEST_DONE;
    case PG_REPLY_VIOLATION:
    case PG_REPLY_FULL:
        break;
    }
    return REQUEST_WRONG;
}
