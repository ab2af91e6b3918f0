/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of notes beside the tracker's ring of entries. An entry's value is its note's number, 0
 * when it has none; both leave in the order they came, so a note is always found at the front. */
#include "proxy/pg/owed.h"

#include <stdlib.h>

#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/statement_map.h"

#define FIRST_SIZE ((size_t)8)
#define KEPT_SIZE  ((size_t)64) /* notes an empty ring may keep: 3 KiB */

void owed_init(struct owed *o)
{
    *o = (struct owed){.ring = NULL};
    pg_reply_init(&o->tracker, PG_READY_IDLE);
}

void owed_fini(struct owed *o)
{
    check(o->count == 0);
    free(o->ring);
    pg_reply_fini(&o->tracker);
    *o = (struct owed){.ring = NULL};
}

static struct owed_note *at(const struct owed *o, size_t index)
{
    return &o->ring[(o->first + index) & (o->size - 1)];
}

static void grow(struct owed *o)
{
    size_t size = o->size == 0 ? FIRST_SIZE : o->size * 2;
    struct owed_note *ring = mem_new_array(size, sizeof *ring);
    for (size_t i = 0; i < o->count; i++) {
        ring[i] = *at(o, i);
    }
    free(o->ring);
    o->ring = ring;
    o->size = size;
    o->first = 0;
}

static void keep(struct owed *o, const struct owed_note *note)
{
    check(o->count < PG_REPLY_CAP);
    if (o->count == o->size) {
        grow(o);
    }
    *at(o, o->count) = *note;
    o->count++;
}

void owed_note_fini(struct owed_note *note)
{
    statement_unref(&note->statement);
    sql_plan_unref(&note->plan);
    statement_slot_free(&note->closed);
    refusal_free(&note->refusal);
}

enum pg_reply_push owed_push(struct owed *o, enum pg_reply_kind kind, uint32_t flags,
                             struct owed_note *note)
{
    struct pg_reply entry = {
        .kind = kind,
        .is_local = (flags & OWED_LOCAL) != 0,
        .flags = flags,
        .value = note == NULL ? 0 : o->last_number + 1,
    };
    enum pg_reply_push pushed = pg_reply_push(&o->tracker, &entry);
    if (note == NULL) {
        return pushed;
    }
    if (pushed != PG_REPLY_QUEUED) {
        owed_note_fini(note);
        return pushed;
    }
    note->number = ++o->last_number;
    keep(o, note);
    return pushed;
}

const struct owed_note *owed_find(const struct owed *o, const struct pg_reply *reply)
{
    if (reply->value == 0) {
        return NULL;
    }
    check(o->count > 0 && at(o, 0)->number == reply->value);
    return at(o, 0);
}

bool owed_take_any(struct owed *o, struct owed_note *out)
{
    if (o->count == 0) {
        return false;
    }
    *out = *at(o, 0);
    o->first = (o->first + 1) & (o->size - 1);
    o->count--;
    if (o->count == 0 && o->size > KEPT_SIZE) {
        free(o->ring);
        o->ring = NULL;
        o->size = 0;
        o->first = 0;
    }
    return true;
}

void owed_take(struct owed *o, const struct pg_reply *reply, struct owed_note *out)
{
    *out = (struct owed_note){.number = 0};
    if (reply->value != 0) {
        check(owed_take_any(o, out) && out->number == reply->value);
    }
}
