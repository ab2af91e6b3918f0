/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of a transaction. As in Redis, a command that is refused while queueing makes EXEC
 * fail. Commands whose reply holds key names are refused: the reply of EXEC is not taken apart
 * command by command. */
#include "policy/redis/transaction.h"

#include "policy/redis/rewrite.h"
#include "protocol/check.h"

static const char block_head[] = "*1\r\n$5\r\nMULTI\r\n";
static const char block_tail[] = "*1\r\n$4\r\nEXEC\r\n";

void redis_transaction_init(struct redis_transaction *t, size_t max_len)
{
    *t = (struct redis_transaction){.is_open = false};
    buffer_init(&t->frames, max_len);
}

void redis_transaction_drop(struct redis_transaction *t)
{
    buffer_fini(&t->frames);
    t->num_commands = 0;
    t->is_open = false;
    t->is_dirty = false;
}

bool redis_transaction_is_open(const struct redis_transaction *t)
{
    return t->is_open;
}

static void fail(struct redis_transaction *t, struct writer *w, const char *error)
{
    t->is_dirty = t->is_open;
    resp_write_error(w, slice_text(error));
}

static void queue(struct redis_transaction *t, const struct request *request,
                  const struct redis_decision *decision, const struct redis_prefix *prefix,
                  struct writer *w)
{
    size_t cap = redis_rewritten_cap(request, decision, prefix);
    uint8_t *room =
        t->num_commands < REDIS_TRANSACTION_COMMANDS_CAP ? buffer_reserve(&t->frames, cap) : NULL;
    if (room == NULL) {
        fail(t, w, "ERR the transaction is too large");
        return;
    }
    struct writer frame = writer_over(room, cap);
    redis_write_rewritten(&frame, request, decision, prefix);
    struct slice written;
    check(writer_done(&frame, &written));
    buffer_commit(&t->frames, written.len);
    t->num_commands++;
    resp_write_simple(w, slice_text("QUEUED"));
}

/* EXEC: true when there is something to send. */
static bool execute(struct redis_transaction *t, struct writer *w)
{
    if (!t->is_open) {
        resp_write_error(w, slice_text("ERR EXEC without MULTI"));
        return false;
    }
    if (t->is_dirty) {
        redis_transaction_drop(t);
        resp_write_error(w,
                         slice_text("EXECABORT Transaction discarded because of previous errors."));
        return false;
    }
    return true;
}

static void discard(struct redis_transaction *t, struct writer *w)
{
    if (!t->is_open) {
        resp_write_error(w, slice_text("ERR DISCARD without MULTI"));
        return;
    }
    redis_transaction_drop(t);
    resp_write_simple(w, slice_text("OK"));
}

static void begin(struct redis_transaction *t, struct writer *w)
{
    if (t->is_open) {
        fail(t, w, "ERR MULTI calls can not be nested");
        return;
    }
    t->is_open = true;
    resp_write_simple(w, slice_text("OK"));
}

bool redis_transaction_take(struct redis_transaction *t, const struct request *request,
                            const struct redis_decision *decision,
                            const struct redis_prefix *prefix, struct writer *w)
{
    if (decision->verdict == REDIS_REFUSE) {
        fail(t, w, decision->error);
    } else if (decision->verdict == REDIS_FORWARD) {
        if (decision->reply_rule == REDIS_REPLY_PLAIN) {
            queue(t, request, decision, prefix, w);
        } else {
            fail(t, w, "ERR this command is not possible inside MULTI here");
        }
    } else if (decision->id == REDIS_EXEC) {
        return execute(t, w);
    } else if (decision->id == REDIS_DISCARD) {
        discard(t, w);
    } else if (decision->id == REDIS_MULTI) {
        begin(t, w);
    } else {
        fail(t, w, "ERR this command is not possible inside MULTI here");
    }
    return false;
}

size_t redis_transaction_len(const struct redis_transaction *t)
{
    return sizeof block_head - 1 + buffer_len(&t->frames) + sizeof block_tail - 1;
}

size_t redis_transaction_num_early(const struct redis_transaction *t)
{
    return 1 + t->num_commands;
}

void redis_transaction_write(const struct redis_transaction *t, struct writer *w)
{
    check(t->is_open && !t->is_dirty);
    writer_bytes(w, slice_text(block_head));
    writer_bytes(w, buffer_unframed(&t->frames));
    writer_bytes(w, slice_text(block_tail));
}
