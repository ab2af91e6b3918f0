/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM keys of an upstream's password, derived by a thread of the worker's and kept: a derivation
 * takes milliseconds in which the event loop does not stand still, and a server asks with the same
 * salt and iterations every time. Who asks for keys that are being derived waits for those. */
#ifndef PROXY_PG_LINK_KEYS_H
#define PROXY_PG_LINK_KEYS_H

#include <sys/queue.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/scram_client.h"
#include "protocol/pg/scram_keys.h"

struct link_keys;
struct link_keys_wish;
struct worker;

/* Embedded in who waits. ready comes from the loop, once, unless it was given up before; keys are
 * good until it returns, and NULL when there will be none. */
struct link_keys_wish {
    void (*ready)(struct link_keys_wish *wish, const struct scram_keys *keys);
    /* private */
    bool is_waiting;
    LIST_ENTRY(link_keys_wish) entry;
};

enum link_keys_status {
    LINK_KEYS_NOW,   /* out has them */
    LINK_KEYS_LATER, /* ready will be called */
    LINK_KEYS_BUSY,  /* no thread can take it, or too many wait */
};

/* Holds none yet. */
struct link_keys *link_keys_new(struct worker *worker);

/* Overwrites and releases them and clears the pointer; NULL is fine. Who still waits gets what was
 * asked for. */
void link_keys_free(struct link_keys **keys);

/* The keys of password for what the server asks. out is a copy, which the caller cleanses. */
MUST_USE enum link_keys_status link_keys_get(struct link_keys *keys, struct slice password,
                                             const struct scram_challenge *challenge,
                                             struct link_keys_wish *wish, struct scram_keys *out);

/* Waits no longer. Accepts one that does not wait. */
void link_keys_give_up(struct link_keys_wish *wish);

/* How many derivations there were: for tests. */
unsigned link_keys_derived(const struct link_keys *keys);

#endif
