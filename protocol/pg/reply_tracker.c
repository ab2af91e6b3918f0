/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of owed replies (PG docs, Message Flow). Invariant: the head's phase says exactly which
 * message types may come next; any other type means that our account and the server's differ, and
 * there is no way back from that but closing the link. Rules that stand in few places:
 *
 *  - An error in an extended message makes the server skip everything, simple queries too, up to
 *    the next Sync. An error in a simple query or at a Sync does not: ReadyForQuery follows.
 *  - While a COPY FROM STDIN reads, it swallows Sync and Flush. Syncs sent before the server said
 *    that it copies are taken out of the queue when it does. Had it failed before it read them, it
 *    would answer them after all: that cannot be told from outside and makes the link unsound.
 *  - CopyDone and CopyFail sent ahead are kept as markers, which say where the swallowing ends.
 *
 * One link, one thread. No memory per message: the ring grows to a cap and is then reused. */
#include "protocol/pg/reply_tracker.h"

#include <stdlib.h>

#include "protocol/check.h"

#define FIRST_SIZE ((size_t)32)  /* entries of the first ring: 768 bytes */
#define KEPT_SIZE  ((size_t)256) /* entries an empty ring may keep: 6 KiB */

_Static_assert((PG_REPLY_CAP & (PG_REPLY_CAP - 1)) == 0 && PG_REPLY_CAP >= FIRST_SIZE,
               "doubling the first ring must end at the cap exactly");

enum phase {
    ILLEGAL, /* in the table: the type may not come */
    PHASE_NOTHING,
    PHASE_QUERY,
    PHASE_QUERY_ROWS,
    PHASE_QUERY_COPY_IN,
    PHASE_QUERY_COPY_OUT,
    PHASE_QUERY_COPY_BOTH,
    PHASE_QUERY_COPIED,
    PHASE_QUERY_DONE, /* another statement of the same text, or the end */
    PHASE_FUNCTION_CALL,
    PHASE_PARSE,
    PHASE_BIND,
    PHASE_DESCRIBE_STATEMENT,
    PHASE_DESCRIBE_PORTAL, /* and the second half of describing a statement */
    PHASE_EXECUTE,
    PHASE_EXECUTE_COPY_IN,
    PHASE_EXECUTE_COPY_OUT,
    PHASE_EXECUTE_COPIED,
    PHASE_CLOSE,
    PHASE_SYNC,
    PHASE_READY_ONLY, /* after an error that ReadyForQuery follows */
    NUM_PHASES,
    ENTRY_DONE, /* in the table: the head is complete */
    ASYNC,      /* in the table: belongs to nobody */
};

#define NUM_TYPES 128

/* In every phase: notices, parameter status, notifications. */
#define ASYNC_TYPES ['N'] = ASYNC, ['S'] = ASYNC, ['A'] = ASYNC

/* Of a simple query's statement: what may be its first message. */
#define STATEMENT_TYPES                                                                  \
    ['T'] = PHASE_QUERY_ROWS, ['C'] = PHASE_QUERY_DONE, ['I'] = PHASE_QUERY_DONE,        \
    ['E'] = PHASE_READY_ONLY, ['G'] = PHASE_QUERY_COPY_IN, ['H'] = PHASE_QUERY_COPY_OUT, \
    ['W'] = PHASE_QUERY_COPY_BOTH

static const uint8_t next_phase[NUM_PHASES][NUM_TYPES] = {
    [PHASE_NOTHING] = {ASYNC_TYPES},
    [PHASE_QUERY] = {ASYNC_TYPES, STATEMENT_TYPES},
    [PHASE_QUERY_ROWS] =
        {ASYNC_TYPES, ['D'] = PHASE_QUERY_ROWS, ['T'] = PHASE_QUERY_ROWS, /* rules may give several
                                                                             results */
         ['C'] = PHASE_QUERY_DONE, ['E'] = PHASE_READY_ONLY},
    [PHASE_QUERY_COPY_IN] = {ASYNC_TYPES, ['C'] = PHASE_QUERY_DONE, ['E'] = PHASE_READY_ONLY},
    [PHASE_QUERY_COPY_OUT] = {ASYNC_TYPES, ['d'] = PHASE_QUERY_COPY_OUT, ['c'] = PHASE_QUERY_COPIED,
                              ['E'] = PHASE_READY_ONLY},
    [PHASE_QUERY_COPY_BOTH] =
        {ASYNC_TYPES, ['d'] = PHASE_QUERY_COPY_BOTH, ['c'] = PHASE_QUERY_COPIED,
         ['C'] = PHASE_QUERY_DONE, ['E'] = PHASE_READY_ONLY},
    [PHASE_QUERY_COPIED] =
        {ASYNC_TYPES, ['T'] = PHASE_QUERY_ROWS, /* START_REPLICATION: the next timeline */
         ['C'] = PHASE_QUERY_DONE, ['E'] = PHASE_READY_ONLY},
    [PHASE_QUERY_DONE] = {ASYNC_TYPES, STATEMENT_TYPES, ['Z'] = ENTRY_DONE},
    [PHASE_FUNCTION_CALL] = {ASYNC_TYPES, ['V'] = PHASE_SYNC, ['E'] = PHASE_READY_ONLY},
    [PHASE_PARSE] = {ASYNC_TYPES, ['1'] = ENTRY_DONE, ['E'] = ENTRY_DONE},
    [PHASE_BIND] = {ASYNC_TYPES, ['2'] = ENTRY_DONE, ['E'] = ENTRY_DONE},
    [PHASE_DESCRIBE_STATEMENT] = {ASYNC_TYPES, ['t'] = PHASE_DESCRIBE_PORTAL, ['E'] = ENTRY_DONE},
    [PHASE_DESCRIBE_PORTAL] =
        {ASYNC_TYPES, ['T'] = ENTRY_DONE, ['n'] = ENTRY_DONE, ['E'] = ENTRY_DONE},
    [PHASE_EXECUTE] = {ASYNC_TYPES, ['D'] = PHASE_EXECUTE, ['C'] = ENTRY_DONE, ['I'] = ENTRY_DONE,
                       ['s'] = ENTRY_DONE, ['E'] = ENTRY_DONE, ['G'] = PHASE_EXECUTE_COPY_IN,
                       ['H'] = PHASE_EXECUTE_COPY_OUT},
    [PHASE_EXECUTE_COPY_IN] = {ASYNC_TYPES, ['C'] = ENTRY_DONE, ['E'] = ENTRY_DONE},
    [PHASE_EXECUTE_COPY_OUT] = {ASYNC_TYPES, ['d'] = PHASE_EXECUTE_COPY_OUT,
                                ['c'] = PHASE_EXECUTE_COPIED, ['E'] = ENTRY_DONE},
    [PHASE_EXECUTE_COPIED] = {ASYNC_TYPES, ['C'] = ENTRY_DONE, ['E'] = ENTRY_DONE},
    [PHASE_CLOSE] = {ASYNC_TYPES, ['3'] = ENTRY_DONE, ['E'] = ENTRY_DONE},
    [PHASE_SYNC] = {ASYNC_TYPES, ['Z'] = ENTRY_DONE, ['E'] = PHASE_READY_ONLY},
    [PHASE_READY_ONLY] = {ASYNC_TYPES, ['Z'] = ENTRY_DONE, ['E'] = PHASE_READY_ONLY},
};

static const uint8_t first_phase[] = {
    [PG_REPLY_QUERY] = PHASE_QUERY,
    [PG_REPLY_FUNCTION_CALL] = PHASE_FUNCTION_CALL,
    [PG_REPLY_PARSE] = PHASE_PARSE,
    [PG_REPLY_BIND] = PHASE_BIND,
    [PG_REPLY_DESCRIBE_STATEMENT] = PHASE_DESCRIBE_STATEMENT,
    [PG_REPLY_DESCRIBE_PORTAL] = PHASE_DESCRIBE_PORTAL,
    [PG_REPLY_EXECUTE] = PHASE_EXECUTE,
    [PG_REPLY_CLOSE] = PHASE_CLOSE,
    [PG_REPLY_SYNC] = PHASE_SYNC,
};

/* Entry number index behind the head; size is a power of two. */
static struct pg_reply *entry_at(const struct pg_reply_tracker *t, size_t index)
{
    return &t->ring[(t->first + index) & (t->size - 1)];
}

static bool may_copy(const struct pg_reply *entry)
{
    return !entry->is_local && (entry->kind == PG_REPLY_QUERY || entry->kind == PG_REPLY_EXECUTE);
}

static bool is_extended(const struct pg_reply *entry)
{
    return entry->kind != PG_REPLY_QUERY && entry->kind != PG_REPLY_FUNCTION_CALL;
}

static bool is_sent(const struct pg_reply *entry)
{
    return !entry->is_local && entry->kind != PG_REPLY_COPY_END;
}

/* The head changed: what may come now. Local entries and markers wait for settle, not for a
 * message, and so does everything but a Sync while the server skips. */
static void look_at_head(struct pg_reply_tracker *t)
{
    t->phase = PHASE_NOTHING;
    if (t->count > 0 && is_sent(entry_at(t, 0))) {
        t->phase = first_phase[entry_at(t, 0)->kind];
    }
}

static void release_if_large(struct pg_reply_tracker *t)
{
    if (t->count == 0 && t->size > KEPT_SIZE) {
        free(t->ring);
        t->ring = NULL;
        t->size = 0;
        t->first = 0;
    }
}

static struct pg_reply pop(struct pg_reply_tracker *t)
{
    struct pg_reply head = *entry_at(t, 0);
    t->num_sent -= is_sent(&head);
    t->num_copiers -= may_copy(&head);
    t->first = (t->first + 1) & (t->size - 1);
    t->count--;
    t->copy_is_open = false;
    t->num_swallowed = 0;
    look_at_head(t);
    release_if_large(t);
    return head;
}

/* Doubles the ring and straightens it. */
static bool grow(struct pg_reply_tracker *t)
{
    size_t size = t->size > 0 ? t->size * 2 : FIRST_SIZE;
    struct pg_reply *ring = size <= PG_REPLY_CAP ? malloc(size * sizeof *ring) : NULL;
    if (ring == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->count; i++) {
        ring[i] = *entry_at(t, i);
    }
    free(t->ring);
    t->ring = ring;
    t->size = size;
    t->first = 0;
    return true;
}

static enum pg_reply_push append(struct pg_reply_tracker *t, const struct pg_reply *entry)
{
    if (t->count == t->size && !grow(t)) {
        return PG_REPLY_FULL;
    }
    *entry_at(t, t->count) = *entry;
    t->count++;
    t->num_sent += is_sent(entry);
    t->num_copiers += may_copy(entry);
    if (is_sent(entry)) {
        t->status = 0;
    }
    if (t->count == 1) {
        look_at_head(t);
    }
    return PG_REPLY_QUEUED;
}

void pg_reply_init(struct pg_reply_tracker *t, enum pg_ready status)
{
    *t = (struct pg_reply_tracker){.phase = PHASE_NOTHING, .status = (uint8_t)status};
}

void pg_reply_fini(struct pg_reply_tracker *t)
{
    free(t->ring);
    *t = (struct pg_reply_tracker){.phase = PHASE_NOTHING};
}

enum pg_reply_push pg_reply_push(struct pg_reply_tracker *t, const struct pg_reply *entry)
{
    check(entry->kind < PG_REPLY_COPY_END);
    if (t->copy_is_open) {
        return entry->kind == PG_REPLY_SYNC && !entry->is_local ? PG_REPLY_NOT_WANTED
                                                                : PG_REPLY_VIOLATION;
    }
    if (entry->is_local) {
        return entry->kind == PG_REPLY_SYNC && t->needs_sync ? PG_REPLY_VIOLATION
                                                             : append(t, entry);
    }
    enum pg_reply_push pushed = append(t, entry);
    if (pushed == PG_REPLY_QUEUED) {
        t->needs_sync = entry->kind != PG_REPLY_SYNC && (t->needs_sync || is_extended(entry));
    }
    return pushed;
}

/* The COPY at the head has its data's end, and cannot be followed by another in the same entry. */
static bool head_is_past_copying(const struct pg_reply_tracker *t)
{
    return t->phase == PHASE_READY_ONLY || t->phase == PHASE_EXECUTE_COPY_IN ||
           t->phase == PHASE_EXECUTE_COPY_OUT || t->phase == PHASE_EXECUTE_COPIED;
}

bool pg_reply_wants_copy(const struct pg_reply_tracker *t)
{
    if (t->copy_is_open) {
        return true;
    }
    bool head_is_out = t->count > 0 && may_copy(entry_at(t, 0)) && head_is_past_copying(t);
    return t->num_copiers > (head_is_out ? 1 : 0);
}

enum pg_reply_push pg_reply_push_copy_end(struct pg_reply_tracker *t)
{
    if (t->copy_is_open) {
        t->copy_is_open = false;
        return PG_REPLY_QUEUED;
    }
    if (!pg_reply_wants_copy(t)) {
        return PG_REPLY_NOT_WANTED;
    }
    const struct pg_reply marker = {.kind = PG_REPLY_COPY_END};
    return append(t, &marker);
}

/* The Syncs sent so far may all have been swallowed: whether one is needed again. */
static bool has_sync_behind(const struct pg_reply_tracker *t)
{
    for (size_t i = 1; i < t->count; i++) {
        if (entry_at(t, i)->kind == PG_REPLY_SYNC && is_sent(entry_at(t, i))) {
            return true;
        }
    }
    return false;
}

/* The head began to read COPY data: takes the Syncs it swallows, and the marker of the data's end
 * if that was sent already, out of the queue behind it. False for anything else before the marker:
 * the server will not survive reading that as COPY data. */
static bool open_copy(struct pg_reply_tracker *t)
{
    size_t behind = 1;
    t->copy_is_open = true;
    while (behind < t->count && t->copy_is_open) {
        const struct pg_reply *entry = entry_at(t, behind);
        if (entry->kind == PG_REPLY_COPY_END) {
            t->copy_is_open = false;
        } else if (entry->kind == PG_REPLY_SYNC && !entry->is_local) {
            t->num_swallowed++;
            t->num_sent--;
        } else {
            return false;
        }
        behind++;
    }
    struct pg_reply head = *entry_at(t, 0);
    t->first = (t->first + behind - 1) & (t->size - 1);
    t->count -= behind - 1;
    *entry_at(t, 0) = head;
    t->needs_sync = t->needs_sync || (is_extended(&head) && !has_sync_behind(t));
    return true;
}

/* The head goes on in another phase. Only a server that ended its side of a two-way COPY leaves
 * the other side open. */
static enum pg_reply_verdict move_on(struct pg_reply_tracker *t, uint8_t phase)
{
    if (phase != PHASE_QUERY_COPIED) {
        t->is_unsound = t->is_unsound || (phase == PHASE_READY_ONLY && t->num_swallowed > 0);
        t->copy_is_open = false;
        t->num_swallowed = 0;
    }
    t->phase = phase;
    bool opens_copy = phase == PHASE_QUERY_COPY_IN || phase == PHASE_QUERY_COPY_BOTH ||
                      phase == PHASE_EXECUTE_COPY_IN;
    return !opens_copy || open_copy(t) ? PG_REPLY_PART : PG_REPLY_UNEXPECTED;
}

/* The head is complete. An error that is its last word came in extended mode. */
static struct pg_reply finish(struct pg_reply_tracker *t, uint8_t type)
{
    if (type == 'E') {
        t->is_failing = true;
        t->is_unsound = t->is_unsound || t->num_swallowed > 0;
    }
    return pop(t);
}

enum pg_reply_verdict pg_reply_feed(struct pg_reply_tracker *t, uint8_t type, struct pg_reply *out)
{
    uint8_t next = type < NUM_TYPES ? next_phase[t->phase][type] : ILLEGAL;
    if (next == ASYNC) {
        return PG_REPLY_ASYNC;
    }
    if (next == ILLEGAL || t->is_failing) {
        return PG_REPLY_UNEXPECTED;
    }
    if (next == ENTRY_DONE) {
        *out = finish(t, type);
        return PG_REPLY_LAST;
    }
    enum pg_reply_verdict verdict = next == t->phase ? PG_REPLY_PART : move_on(t, next);
    *out = *entry_at(t, 0);
    return verdict;
}

enum pg_reply_verdict pg_reply_feed_ready(struct pg_reply_tracker *t, enum pg_ready status,
                                          struct pg_reply *out)
{
    enum pg_reply_verdict verdict = pg_reply_feed(t, 'Z', out);
    if (verdict == PG_REPLY_LAST && t->num_sent == 0) {
        t->status = (uint8_t)status;
    }
    return verdict;
}

enum pg_reply_settled pg_reply_settle(struct pg_reply_tracker *t, struct pg_reply *out)
{
    while (t->count > 0) {
        const struct pg_reply *head = entry_at(t, 0);
        if (head->kind == PG_REPLY_COPY_END) {
            (void)pop(t);
            continue;
        }
        t->is_failing = t->is_failing && head->kind != PG_REPLY_SYNC;
        if (!t->is_failing && !head->is_local) {
            break;
        }
        bool is_skipped = t->is_failing;
        *out = pop(t);
        return is_skipped ? PG_REPLY_SKIPPED : PG_REPLY_LOCAL;
    }
    return PG_REPLY_WAITS;
}

size_t pg_reply_room(const struct pg_reply_tracker *t)
{
    return PG_REPLY_CAP - t->count;
}

bool pg_reply_is_idle(const struct pg_reply_tracker *t, enum pg_ready *out)
{
    if (t->count > 0 || t->status == 0) {
        return false;
    }
    *out = (enum pg_ready)t->status;
    return true;
}

bool pg_reply_is_sound(const struct pg_reply_tracker *t)
{
    return !t->is_unsound;
}
