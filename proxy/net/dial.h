/* SPDX-License-Identifier: Apache-2.0
 *
 * From a configured address to a connection: holds the name, offers its addresses one after the
 * other, best first, and remembers which of them it was. Embedded in what connects, which makes the
 * connection itself. One worker's thread. */
#ifndef PROXY_NET_DIAL_H
#define PROXY_NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/compiler.h"
#include "proxy/net/address.h"
#include "proxy/net/deadline.h"
#include "proxy/net/names.h"

struct dial;
struct worker;

struct dial_ops {
    /* Connect there; what was tried before is to be closed first. */
    void (*connect)(struct dial *dial, const struct address *address);
    void (*failed)(struct dial *dial, const char *reason); /* no address; from the loop only */
    void (*moved)(
        struct dial *dial); /* connected to what its name is not any more; from the loop */
};

struct dial {
    /* private */
    const struct dial_ops *ops; /* borrows */
    struct worker *worker;      /* borrows */
    struct name_holder holder;
    struct address *addresses; /* owns; those of this attempt, until it is connected */
    size_t num_addresses;
    size_t num_tried;
    struct deadline next; /* when the next one is tried */
    struct address peer;  /* the last that was tried */
    int64_t until_us;
    uint16_t port;
    bool is_connected;
};

/* Begins: connect may be called before it returns. ttl_us: how long an answer of the resolver is
 * good. The time limit is shared by the addresses of a name; that it is kept at the last of them is
 * the owner's deadline. */
void dial_begin(struct dial *dial, struct worker *worker, const struct config_address *address,
                int64_t ttl_us, int64_t limit_us, const struct dial_ops *ops);

/* The address did not take the connection. True: connect is called with another one, later. */
MUST_USE bool dial_again(struct dial *dial);

/* It did. */
void dial_connected(struct dial *dial);

/* The other end was of no use after all: its name is looked up again soon. */
void dial_suspect(struct dial *dial);

/* The very address that was connected to. */
const struct address *dial_peer(const struct dial *dial);

/* Forgets all about it. Twice is fine, and on a zeroed one. */
void dial_end(struct dial *dial);

#endif
