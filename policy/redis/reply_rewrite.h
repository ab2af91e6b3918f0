/* SPDX-License-Identifier: Apache-2.0
 *
 * The reply as the client gets it: key names and error texts lose the tenant's prefix. The reply
 * streams through in pieces; nothing is held but a line or a prefix that has not arrived whole. */
#ifndef POLICY_REDIS_REPLY_REWRITE_H
#define POLICY_REDIS_REPLY_REWRITE_H

#include "policy/redis/decide.h"
#include "policy/redis/prefix.h"
#include "protocol/redis/reply_scanner.h"

#define REPLY_INSERT_CAP ((size_t)24) /* one length line */

enum reply_step {
    REPLY_STEP_DONE,      /* a piece, and the reply ends with it */
    REPLY_STEP_PIECE,     /* a piece; call again with what follows it */
    REPLY_STEP_MORE,      /* a piece, perhaps empty; call again when more has arrived */
    REPLY_STEP_BAD,       /* no RESP: the link must be closed */
    REPLY_STEP_VIOLATION, /* a key of somebody else, or no key where one must be: the client must
                             not get another byte; reply_rewrite_discard, then call again */
};

struct reply_piece {
    size_t consumed;      /* bytes of input that are dealt with */
    struct slice forward; /* borrows input: for the client, as they are */
    struct slice insert;  /* borrows the reply_rewrite: for the client, behind `forward` */
};

struct reply_rewrite {
    /* private */
    struct reply_scanner scanner;
    enum redis_reply_rule rule;
    uint8_t top_type;  /* type of the reply itself */
    bool is_discarded; /* nobody is to get it */
    bool is_key_next;  /* a key's line was taken, its prefix not yet */
    uint64_t key_len;
    size_t error_left; /* bytes of an error line still to be searched for the prefix */
    bool is_word_start;
    uint8_t insert[REPLY_INSERT_CAP];
};

/* Makes r ready for the next reply. */
void reply_rewrite_begin(struct reply_rewrite *r, enum redis_reply_rule rule);

/* From here on the rest of the reply is consumed and nothing of it given out. */
void reply_rewrite_discard(struct reply_rewrite *r);

/* Deals with the start of input, which is what was not consumed before, with more behind it. */
enum reply_step reply_rewrite_next(struct reply_rewrite *r, const struct redis_prefix *prefix,
                                   struct slice input, struct reply_piece *out);

#endif
