/* SPDX-License-Identifier: Apache-2.0
 *
 * Host names and the addresses they stand for, as one worker knows them. Whoever connects to a
 * name holds it: it is looked up when it is first held, again when its time to live is over or a
 * holder found its addresses to be bad, and never on the worker's own thread. A look-up that fails
 * leaves the last good answer in place. One worker's thread, but for names_shut. */
#ifndef PROXY_NET_NAMES_H
#define PROXY_NET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "protocol/compiler.h"
#include "proxy/net/address.h"

struct name;
struct names;
struct worker;

#define NAME_ADDRESSES_MAX ((size_t)16)

/* Looks a host up and may block for it: runs on a thread of its own, so it may touch nothing else.
 * At most cap addresses, in the order they are to be tried, ports unset. NULL, or why there are
 * none (a constant). */
typedef const char *names_lookup_fn(const char *host, struct address *out, size_t cap,
                                    size_t *out_num);

/* The system's resolver: nsswitch, /etc/hosts, DNS. */
names_lookup_fn names_ask_system;

/* Embedded in who holds a name. answered comes from the loop after every look-up of it, good or
 * bad, until names_let_go; it may let go. */
struct name_holder {
    void (*answered)(struct name_holder *holder);
    /* private */
    struct name *name; /* borrows */
    uint64_t told;     /* the last answer it was told of */
    LIST_ENTRY(name_holder) entry;
};

struct names *names_new(struct worker *worker, names_lookup_fn *lookup);

/* Any thread: answers that come from now on are dropped. Before the worker is joined. */
void names_shut(struct names *names);

/* Nobody may hold a name any more (checked). Accepts NULL inside. */
void names_free(struct names **names);

/* Holds a name; its addresses may be there at once, else answered follows. */
void names_hold(struct names *names, const char *host, int64_t ttl_us, struct name_holder *holder);

/* Holds it no longer. Accepts one that holds nothing. */
void names_let_go(struct name_holder *holder);

/* The addresses of the last good look-up, best first; NULL when there are none yet. Borrows until
 * the next answered. */
const struct address *names_addresses(const struct name_holder *holder, size_t *out_num);

/* Why the last look-up failed; NULL when it did not. */
const char *names_failure(const struct name_holder *holder);

/* This address took a connection: it is tried first from now on. Or: none of them was of use, so
 * the name is looked up again soon. */
void names_praise(struct name_holder *holder, const struct address *address);
void names_suspect(struct name_holder *holder);

#endif
