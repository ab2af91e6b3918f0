/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the arguments of a command that name keys, exactly as the server will. */
#ifndef POLICY_REDIS_KEYS_H
#define POLICY_REDIS_KEYS_H

#include "policy/redis/decide.h"

/* Who finds the keys of a command (reviewed.def). */
enum redis_key_finder {
    REDIS_KEYS_TABLE,     /* the generated key specs */
    REDIS_KEYS_NONE,      /* there are none */
    REDIS_KEYS_COPY,      /* source and destination; DB n is refused */
    REDIS_KEYS_PATTERN,   /* KEYS: the argument is a pattern */
    REDIS_KEYS_SCAN,      /* MATCH is a pattern, and there must be one */
    REDIS_KEYS_SORT,      /* BY, GET, STORE */
    REDIS_KEYS_GEORADIUS, /* STORE and STOREDIST, of which Redis takes the last */
    REDIS_KEYS_XREAD,     /* the first half of what follows STREAMS */
    REDIS_NUM_KEY_FINDERS,
};

struct redis_key_search {
    const struct redis_command *command;
    enum redis_command_id id;
    const struct slice *args; /* arity holds */
    size_t num_args;
    uint8_t *marks;  /* out: enum redis_mark per argument, all NONE before */
    char *error;     /* out: REDIS_ERROR_CAP bytes */
    bool adds_match; /* out: see struct redis_decision */
};

/* Marks the keys. False when the request is to be refused: `error` is then the answer the server
 * would give, or ours for what is not possible here. */
MUST_USE bool redis_find_keys(struct redis_key_search *search, enum redis_key_finder finder);

#endif
