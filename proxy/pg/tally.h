/* SPDX-License-Identifier: Apache-2.0
 *
 * How many sessions each of a kind has, over all workers: listeners, users, databases, tenants. Any
 * thread; a lock is taken for each login and each end of a session. */
#ifndef PROXY_PG_TALLY_H
#define PROXY_PG_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/compiler.h"

struct tally;
struct tally_item;

enum tally_kind { TALLY_LISTENER, TALLY_DATABASE, TALLY_USER, TALLY_TENANT, TALLY_KINDS };

struct tally_wish {
    const char *name; /* borrows */
    uint32_t most;    /* 0: as many as like */
};

struct tally *tally_new(void);
void tally_free(struct tally **tally);

/* Counts one session for all of them, or for none: then the answer is the kind that is full.
 * TALLY_KINDS: it is counted, and items are what tally_leave is given. */
MUST_USE enum tally_kind tally_enter(struct tally *tally,
                                     const struct tally_wish wishes[TALLY_KINDS],
                                     struct tally_item *items[TALLY_KINDS]);

/* Whose item it is; NULL for NULL. Borrows. */
const char *tally_name(const struct tally_item *item);

/* The session is gone. items may hold NULLs. */
void tally_leave(struct tally *tally, struct tally_item *items[TALLY_KINDS]);

#endif
