/* SPDX-License-Identifier: Apache-2.0
 *
 * Between addresses as the configuration and the log have them and as the kernel has them. */
#ifndef PROXY_NET_ADDRESS_H
#define PROXY_NET_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#include "protocol/compiler.h"
#include "proxy/net/protocol.h"

struct config_address;

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* Resolves a configured address. Looks names up and blocks for it, so only numeric ones and paths
 * in a worker. NULL, or why it failed (a constant). */
MUST_USE const char *address_resolve(const struct config_address *configured, struct address *out);

/* "127.0.0.1:5432", "[::1]:5432", "unix:/path", or "unix" for an unnamed peer; cut at cap. */
void address_print(const struct address *address, char *out, size_t cap);

/* How far away the peer is. */
enum incoming_peer address_peer(const struct address *address);

#endif
