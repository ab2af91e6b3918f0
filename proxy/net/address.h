/* SPDX-License-Identifier: Apache-2.0
 *
 * Between addresses as the configuration and the log have them and as the kernel has them. */
#ifndef PROXY_NET_ADDRESS_H
#define PROXY_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "protocol/compiler.h"
#include "proxy/net/protocol.h"

struct config_address;

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* A configured address that is numeric or a path; names are for names.h. NULL, or why it failed (a
 * constant). */
MUST_USE const char *address_resolve(const struct config_address *configured, struct address *out);

/* Whether both are the same host (or path), whatever their ports; sets the port of an address. */
bool address_same_host(const struct address *a, const struct address *b);
void address_set_port(struct address *address, uint16_t port);

/* "127.0.0.1:5432", "[::1]:5432", "unix:/path", or "unix" for an unnamed peer; cut at cap. */
void address_print(const struct address *address, char *out, size_t cap);

/* How far away the peer is. */
enum incoming_peer address_peer(const struct address *address);

#endif
