/* SPDX-License-Identifier: Apache-2.0
 *
 * MULTI .. EXEC without WATCH. The commands are decided about and rewritten as they come, kept
 * here, and sent as one block with EXEC: nothing of other clients can stand in between, and no
 * state is left on the shared link. */
#ifndef POLICY_REDIS_TRANSACTION_H
#define POLICY_REDIS_TRANSACTION_H

#include "policy/redis/decide.h"
#include "policy/redis/prefix.h"
#include "protocol/buffer.h"
#include "protocol/redis/write.h"

#define REDIS_TRANSACTION_COMMANDS_CAP ((size_t)10000) /* far below REPLY_TRACKER_CAP */

struct redis_transaction {
    /* private */
    struct buffer frames; /* owns: rewritten requests, one behind the other */
    size_t num_commands;
    bool is_open;
    bool is_dirty; /* something was refused: EXEC will be, too */
};

/* None is open. max_len bounds the bytes of all its commands. */
void redis_transaction_init(struct redis_transaction *t, size_t max_len);

/* Drops what was queued; none is open then. */
void redis_transaction_drop(struct redis_transaction *t);

bool redis_transaction_is_open(const struct redis_transaction *t);

/* A command while one is open, or MULTI, EXEC, DISCARD at any time: writes the reply. True when
 * the block is to be sent instead; then nothing was written. */
MUST_USE bool redis_transaction_take(struct redis_transaction *t, const struct request *request,
                                     const struct redis_decision *decision,
                                     const struct redis_prefix *prefix, struct writer *w);

/* The block: its length, how many replies (+OK, +QUEUED ..) come before that of EXEC. */
size_t redis_transaction_len(const struct redis_transaction *t);
size_t redis_transaction_num_early(const struct redis_transaction *t);
void redis_transaction_write(const struct redis_transaction *t, struct writer *w);

#endif
