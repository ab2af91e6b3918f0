/* SPDX-License-Identifier: Apache-2.0
 *
 * The options every socket of the proxy has. */
#ifndef PROXY_NET_SOCKET_H
#define PROXY_NET_SOCKET_H

/* A non-blocking, close-on-exec stream socket of a family, or -1 with errno set. */
int socket_open(int family);

/* TCP: no delay, since a turn's output is one write already, and keepalive. Others: nothing. */
void socket_tune(int fd, int family);

#endif
