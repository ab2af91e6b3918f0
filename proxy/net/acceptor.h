/* SPDX-License-Identifier: Apache-2.0
 *
 * A listening socket of the main thread's worker. It hands every accepted socket to one function;
 * when the process is out of descriptors it waits a moment instead of spinning. */
#ifndef PROXY_NET_ACCEPTOR_H
#define PROXY_NET_ACCEPTOR_H

#include "protocol/compiler.h"
#include "proxy/net/protocol.h"

struct acceptor;
struct config_address;
struct worker;

/* fd is non-blocking, tuned, and the receiver's. name borrows: the peer's address. */
typedef void acceptor_fn(void *context, int fd, enum incoming_peer peer, const char *name);

/* Binds and listens; port 0 takes a free one. A Unix socket that nobody listens on any more is
 * replaced. NULL on failure: *out_failure says why (a constant or strerror's text). */
MUST_USE struct acceptor *acceptor_new(struct worker *worker, const struct config_address *address,
                                       acceptor_fn *accepted, void *context,
                                       const char **out_failure);

/* Closes the listening socket and removes the Unix socket's file. NULL inside is fine. */
void acceptor_free(struct acceptor **acceptor);

/* "127.0.0.1:41283", "[::1]:41283" or "unix:/path", with the port that was bound. Borrows. */
const char *acceptor_address(const struct acceptor *acceptor);

#endif
