/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a tenant's command may run, and which of its arguments name keys. One function, one
 * answer; it does not depend on which tenant asks. */
#ifndef POLICY_REDIS_DECIDE_H
#define POLICY_REDIS_DECIDE_H

#include "policy/redis/command.h"
#include "protocol/compiler.h"
#include "protocol/redis/request_scanner.h"

enum redis_verdict {
    REDIS_REFUSE,  /* `error` is the answer */
    REDIS_FORWARD, /* to be rewritten and sent; `reply_rule` says what to do with the answer */
    REDIS_LOCAL,   /* to be answered here; `id` says what was asked */
};

enum redis_reply_rule {
    REDIS_REPLY_PLAIN,       /* holds no key names */
    REDIS_REPLY_KEYS,        /* KEYS: every element is one */
    REDIS_REPLY_SCAN,        /* SCAN: every element of the second element */
    REDIS_REPLY_POP,         /* LMPOP, ZMPOP: the first element */
    REDIS_REPLY_STREAMS,     /* XREAD: the first element of each element, or the keys of the map */
    REDIS_REPLY_TRANSACTION, /* EXEC: none, but errors stand inside */
};

/* What becomes of an argument. */
enum redis_mark {
    REDIS_MARK_NONE,    /* sent as it is */
    REDIS_MARK_KEY,     /* a key: prefixed */
    REDIS_MARK_LOOKUP,  /* makes key names on the server (SORT BY, GET): prefixed */
    REDIS_MARK_PATTERN, /* a glob over keys: prefixed with the prefix escaped */
};

#define REDIS_ERROR_CAP ((size_t)512)

/* Working memory of decisions, one per worker. Zeroed: empty. */
struct redis_scratch {
    /* private */
    uint8_t *marks; /* owns; enum redis_mark per argument of the last decision */
    size_t cap;
};

struct redis_decision {
    enum redis_verdict verdict;
    enum redis_command_id id; /* REDIS_NUM_COMMANDS: unknown, or not for tenants */
    enum redis_reply_rule reply_rule;
    bool adds_match;             /* SCAN without MATCH: one is added */
    const uint8_t *marks;        /* borrows the scratch; NULL unless REDIS_FORWARD */
    char error[REDIS_ERROR_CAP]; /* "ERR ...", without the '-', one line */
};

/* Releases the memory. Accepts a zeroed one and NULL. */
void redis_scratch_fini(struct redis_scratch *scratch);

/* Decides about a request of at least one argument. */
void redis_decide(const struct request *request, struct redis_scratch *scratch,
                  struct redis_decision *out);

/* Whether a tenant may use the command at all, here or on the server; containers count. */
bool redis_command_is_allowed(enum redis_command_id id);

#endif
