/* SPDX-License-Identifier: Apache-2.0
 *
 * A socket that listens, over TCP or on a path. */
#ifndef PROXY_NET_LISTEN_SOCKET_H
#define PROXY_NET_LISTEN_SOCKET_H

#include <sys/types.h>

#include "protocol/compiler.h"

#define LISTEN_ADDRESS_SIZE 128 /* "unix:" and the longest path a Unix socket can have */

struct config_address;

struct listen_socket {
    int fd;
    char address[LISTEN_ADDRESS_SIZE]; /* as address_print writes it, with the bound port */
    /* private */
    dev_t device; /* of the Unix socket's file, which is removed with the socket */
    ino_t inode;
};

/* Binds and listens, non-blocking; port 0 takes a free one. A Unix socket's file that nobody
 * listens on any more is replaced. NULL, or why it failed (a constant or strerror's text). */
MUST_USE const char *listen_socket_open(struct listen_socket *s,
                                        const struct config_address *configured);

/* Closes the socket and removes its file while that is still its own. May be called twice. */
void listen_socket_close(struct listen_socket *s);

#endif
