/* SPDX-License-Identifier: Apache-2.0
 *
 * Two statements in one batch: the configured one with the name as its parameter, and one for the
 * server's clock. The server itself sees to it that there are four columns, by the number of result
 * formats; their types are checked here. VALID UNTIL and the clock come in binary, as microseconds:
 * nothing is parsed that DateStyle or TimeZone could change.
 *
 * What is wrong with a user is NOBODY, and looks like a wrong password to the client; what is wrong
 * with the question is FAILED. A second row, a row of another name and a time that cannot be read
 * are doubts, and doubts let nobody in. */
#include "proxy/pg/auth_answer.h"

#include <stdio.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/error_fields.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_request.h"

#define CLOCK_SQL "SELECT pg_catalog.clock_timestamp()"
/* Beside the texts: eight messages of at most 40 bytes. */
#define QUESTION_ROOM ((size_t)320)
#define ROWS_MAX      2 /* the second one is one too many */

/* pg_type.dat */
#define TYPE_BOOL        16
#define TYPE_TEXT        25
#define TYPE_TIMESTAMPTZ 1184

#define FORMAT_TEXT   0
#define FORMAT_BINARY 1

enum { COLUMN_NAME, COLUMN_SECRET, COLUMN_LOGIN, COLUMN_UNTIL, COLUMNS };

static const uint16_t formats[COLUMNS] = {
    [COLUMN_NAME] = FORMAT_TEXT,
    [COLUMN_SECRET] = FORMAT_TEXT,
    [COLUMN_LOGIN] = FORMAT_TEXT,
    [COLUMN_UNTIL] = FORMAT_BINARY,
};

/* What is to come next. */
enum step {
    STEP_PARSED,
    STEP_BOUND,
    STEP_COLUMNS,
    STEP_ROWS, /* any number, then the end of them */
    STEP_CLOCK_PARSED,
    STEP_CLOCK_BOUND,
    STEP_CLOCK_ROW,
    STEP_CLOCK_DONE,
    STEP_READY,
};

size_t auth_question_room(struct slice sql, struct slice user)
{
    return QUESTION_ROOM + sql.len + user.len;
}

static struct slice result_formats(uint8_t *memory, size_t cap, const uint16_t *codes, uint16_t num)
{
    struct slice written;
    struct writer w = writer_over(memory, cap);
    writer_u16(&w, num);
    for (size_t i = 0; i < num; i++) {
        writer_u16(&w, codes[i]);
    }
    check(writer_done(&w, &written));
    return written;
}

void auth_question_write(struct writer *w, struct slice sql, struct slice user)
{
    static const uint16_t clock_format[] = {FORMAT_BINARY};
    const struct slice unnamed = slice_of(NULL, 0);
    const struct pg_parse_types one_text = {.added_type = TYPE_TEXT};
    const struct pg_parse_types none = {.num_params = 0};
    uint8_t memory[2 * (COLUMNS + 1)];
    struct pg_bind bind = {.results = result_formats(memory, sizeof memory, formats, COLUMNS)};
    pg_write_parse(w, unnamed, sql, &one_text);
    pg_bind_write(w, &bind, unnamed, &user);
    pg_write_describe(w, PG_PORTAL, unnamed);
    pg_write_execute(w, unnamed, ROWS_MAX);
    pg_write_parse(w, unnamed, slice_text(CLOCK_SQL), &none);
    bind.results = result_formats(memory, sizeof memory, clock_format, 1);
    pg_bind_write(w, &bind, unnamed, NULL);
    pg_write_execute(w, unnamed, 0);
    pg_write_bare_request(w, PG_SYNC);
}

void auth_answer_init(struct auth_answer *a)
{
    *a = (struct auth_answer){.step = STEP_PARSED, .left_us = INT64_MAX};
}

/* The first failure is the one that counts; what follows up to ReadyForQuery is passed over. */
static enum auth_outcome fail(struct auth_answer *a, const char *reason)
{
    if (!a->has_failed) {
        (void)snprintf(a->failure, sizeof a->failure, "%s", reason);
    }
    a->has_failed = true;
    return AUTH_OUTCOME_MORE;
}

static enum auth_outcome give_up(struct auth_answer *a, const char *reason)
{
    (void)fail(a, reason);
    return AUTH_OUTCOME_BROKEN;
}

static enum auth_outcome take_error(struct auth_answer *a, struct slice body)
{
    struct slice fields;
    if (pg_error_decode(body, &fields) != PG_OK) {
        return give_up(a, "malformed ErrorResponse");
    }
    struct slice message = pg_error_field_find(fields, PG_ERROR_MESSAGE);
    char text[AUTH_FAILURE_MAX];
    (void)snprintf(text, sizeof text, "the server refused the query: %.*s",
                   (int)(message.len < 200 ? message.len : 200), (const char *)message.ptr);
    return fail(a, text);
}

static enum auth_outcome take_columns(struct auth_answer *a, struct slice body)
{
    uint16_t num_columns;
    struct slice columns;
    struct pg_column found[COLUMNS];
    if (pg_row_description_decode(body, &num_columns, &columns) != PG_OK) {
        return give_up(a, "malformed RowDescription");
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        if (num_columns != COLUMNS || !pg_column_next(&columns, &found[i]) ||
            found[i].format != formats[i]) {
            return give_up(a, "the server describes other columns than were asked for");
        }
    }
    if (found[COLUMN_LOGIN].type_oid != TYPE_BOOL ||
        found[COLUMN_UNTIL].type_oid != TYPE_TIMESTAMPTZ) {
        return fail(a, "expected a boolean as the third column (may log in) and a timestamptz as "
                       "the fourth (until when)");
    }
    return AUTH_OUTCOME_MORE;
}

static bool read_time(struct slice bytes, int64_t *out)
{
    struct reader r = reader_over(bytes);
    uint64_t high = reader_u32(&r);
    uint64_t bits = high << 32 | reader_u32(&r);
    memcpy(out, &bits, sizeof *out); /* two's complement */
    return reader_done(&r);
}

static bool take_fields(struct auth_answer *a, struct slice user,
                        const struct pg_value values[COLUMNS])
{
    const struct pg_value *login = &values[COLUMN_LOGIN];
    const struct pg_value *until = &values[COLUMN_UNTIL];
    const struct pg_value *secret = &values[COLUMN_SECRET];
    a->is_other = values[COLUMN_NAME].is_null || !slice_equal(values[COLUMN_NAME].bytes, user);
    a->may_log_in = !login->is_null && slice_equal(login->bytes, slice_text("t"));
    a->has_verifier = !secret->is_null && scram_verifier_parse(secret->bytes, &a->verifier);
    a->is_limited = !until->is_null;
    return !a->is_limited || read_time(until->bytes, &a->until);
}

static bool take_row(struct auth_answer *a, struct slice user, struct slice body)
{
    uint16_t num_fields;
    struct slice left;
    struct pg_value values[COLUMNS];
    if (pg_data_row_decode(body, &num_fields, &left) != PG_OK || num_fields != COLUMNS) {
        return false;
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!pg_value_next(&left, &values[i])) {
            return false;
        }
    }
    a->num_rows++;
    return a->num_rows <= ROWS_MAX && take_fields(a, user, values);
}

static bool take_clock(struct auth_answer *a, struct slice body)
{
    uint16_t num_fields;
    struct slice left;
    struct pg_value value;
    return pg_data_row_decode(body, &num_fields, &left) == PG_OK && num_fields == 1 &&
           pg_value_next(&left, &value) && !value.is_null && read_time(value.bytes, &a->now);
}

/* infinity is the largest number, and -infinity the least. */
static bool is_over(struct auth_answer *a)
{
    if (!a->is_limited || a->until == INT64_MAX) {
        return false;
    }
    return a->until <= a->now || __builtin_sub_overflow(a->until, a->now, &a->left_us);
}

static enum auth_outcome nobody(struct auth_answer *a, const char *why)
{
    a->why = why;
    return AUTH_OUTCOME_NOBODY;
}

static enum auth_outcome judge(struct auth_answer *a)
{
    if (a->has_failed) {
        return AUTH_OUTCOME_FAILED;
    }
    if (a->num_rows == 0) {
        return nobody(a, NULL);
    }
    if (a->num_rows > 1) {
        return nobody(a, "the query found more than one row");
    }
    if (a->is_other) {
        return nobody(a, "the query found another name");
    }
    if (!a->may_log_in) {
        return nobody(a, "may not log in");
    }
    if (is_over(a)) {
        return nobody(a, "VALID UNTIL is over");
    }
    if (!a->has_verifier) {
        return nobody(a, "has no SCRAM-SHA-256 verifier");
    }
    return AUTH_OUTCOME_USER;
}

static enum auth_outcome take_ready(struct auth_answer *a, struct slice body)
{
    enum pg_ready ready;
    if (pg_ready_decode(body, &ready) != PG_OK || ready != PG_READY_IDLE ||
        (!a->has_failed && a->step != STEP_READY)) {
        return give_up(a, "the server is ready before it has answered");
    }
    return judge(a);
}

/* A message that is nothing but due; the next one is. */
static enum auth_outcome step_over(struct auth_answer *a)
{
    a->step++;
    return AUTH_OUTCOME_MORE;
}

/* PortalSuspended comes only when as many rows came as were asked for. */
static bool is_end_of_rows(const struct auth_answer *a, const struct pg_frame *frame)
{
    return a->step == STEP_ROWS &&
           (frame->type == 'C' || (frame->type == 's' && a->num_rows == ROWS_MAX));
}

static enum auth_outcome take_due(struct auth_answer *a, struct slice user,
                                  const struct pg_frame *frame)
{
    static const char due[] = {
        [STEP_PARSED] = '1',    [STEP_BOUND] = '2',        [STEP_COLUMNS] = 'T',
        [STEP_ROWS] = 'D',      [STEP_CLOCK_PARSED] = '1', [STEP_CLOCK_BOUND] = '2',
        [STEP_CLOCK_ROW] = 'D', [STEP_CLOCK_DONE] = 'C',   [STEP_READY] = 'Z',
    };
    if (is_end_of_rows(a, frame)) {
        return step_over(a);
    }
    if (frame->type != due[a->step]) {
        return give_up(a, "unexpected message of the server");
    }
    if (a->step == STEP_ROWS) {
        return take_row(a, user, frame->body) ? AUTH_OUTCOME_MORE
                                              : give_up(a, "malformed row of the server");
    }
    if (a->step == STEP_COLUMNS) {
        enum auth_outcome outcome = take_columns(a, frame->body);
        a->step++;
        return outcome;
    }
    if (a->step == STEP_CLOCK_ROW && !take_clock(a, frame->body)) {
        return give_up(a, "malformed time of the server");
    }
    return step_over(a);
}

enum auth_outcome auth_answer_take(struct auth_answer *a, struct slice user,
                                   const struct pg_frame *frame)
{
    if (frame->type == 'Z') {
        return take_ready(a, frame->body);
    }
    if (frame->type == 'E') {
        return take_error(a, frame->body);
    }
    if (a->has_failed) {
        return AUTH_OUTCOME_MORE; /* ends by Sync */
    }
    if (a->step == STEP_COLUMNS && frame->type == 'n') {
        return fail(a, "the query is no statement with rows");
    }
    return take_due(a, user, frame);
}
