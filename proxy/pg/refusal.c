/* SPDX-License-Identifier: Apache-2.0
 *
 * Error answers. Texts are cut at REFUSAL_TEXT_MAX bytes, at the start of a UTF-8 character, and
 * at a NUL, which no field may hold. */
#include "proxy/pg/refusal.h"

#include <stdlib.h>
#include <string.h>

#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/message_reply.h"

#define FIELDS_ROOM ((size_t)128) /* header, severities, SQLSTATE, codes, NULs, position */

static char *cut_copy(const char *text, size_t len)
{
    if (len > REFUSAL_TEXT_MAX) {
        len = REFUSAL_TEXT_MAX;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    return mem_copy_string(text, len);
}

static void set_sqlstate(struct refusal *refusal, const char *sqlstate)
{
    check(strlen(sqlstate) == 5);
    memcpy(refusal->sqlstate, sqlstate, sizeof refusal->sqlstate);
}

struct refusal *refusal_copy(const struct sql_refusal *source)
{
    struct refusal *refusal = mem_new(sizeof *refusal);
    set_sqlstate(refusal, source->sqlstate);
    refusal->message = cut_copy(source->message, strlen(source->message));
    refusal->detail = cut_copy(source->detail, strlen(source->detail));
    refusal->hint = cut_copy(source->hint, strlen(source->hint));
    refusal->position = source->position;
    return refusal;
}

/* message with name in the place of its "%s". */
static char *fill_in(const char *message, struct slice name)
{
    const char *hole = strstr(message, "%s");
    if (hole == NULL) {
        return cut_copy(message, strlen(message));
    }
    size_t before = (size_t)(hole - message);
    size_t room = strlen(message) + name.len;
    char *text = mem_new(room + 1);
    struct writer w = writer_over(text, room);
    writer_bytes(&w, slice_of(message, before));
    writer_bytes(&w, name);
    writer_bytes(&w, slice_text(hole + 2));
    struct slice written;
    check(writer_done(&w, &written));
    char *copy = cut_copy(text, written.len);
    free(text);
    return copy;
}

struct refusal *refusal_new(const char *sqlstate, const char *message, struct slice name)
{
    struct refusal *refusal = mem_new(sizeof *refusal);
    set_sqlstate(refusal, sqlstate);
    refusal->message = fill_in(message, name);
    refusal->detail = mem_copy_string("", 0);
    refusal->hint = mem_copy_string("", 0);
    return refusal;
}

void refusal_free(struct refusal **refusal)
{
    if (*refusal == NULL) {
        return;
    }
    free((*refusal)->message);
    free((*refusal)->detail);
    free((*refusal)->hint);
    free(*refusal);
    *refusal = NULL;
}

size_t refusal_room(const struct refusal *refusal)
{
    return FIELDS_ROOM + strlen(refusal->message) + strlen(refusal->detail) + strlen(refusal->hint);
}

void refusal_write(const struct refusal *refusal, struct writer *w)
{
    const struct pg_report report = {
        .kind = PG_REPORT_ERROR,
        .sqlstate = refusal->sqlstate,
        .message = slice_text(refusal->message),
        .detail = slice_text(refusal->detail),
        .hint = slice_text(refusal->hint),
        .position = refusal->position,
    };
    pg_write_report(w, &report);
}
