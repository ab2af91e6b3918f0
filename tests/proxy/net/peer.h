/* SPDX-License-Identifier: Apache-2.0
 *
 * The other side of a stream under test: a blocking socket of the test's own thread, and a worker
 * that is turned by hand. */
#ifndef TESTS_PROXY_NET_PEER_H
#define TESTS_PROXY_NET_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include <netinet/in.h>

struct worker;

/* A connected pair: a non-blocking end for the stream, a non-blocking end for the test. */
struct peer_pair {
    int stream_fd;
    int test_fd;
};

/* Over a Unix socket, or over TCP on loopback and a free port. */
struct peer_pair peer_pair_unix(void);
struct peer_pair peer_pair_tcp(void);

/* A TCP listener on loopback and a free port. */
struct peer_listener {
    int fd;
    struct sockaddr_in address;
};
struct peer_listener peer_listen(void);

/* Sends text from the test's end. */
void peer_send(int fd, const char *text);

/* What arrived at the test's end, NUL-terminated; false at the end of the stream, with
 * errno 0 when it ended in order. */
bool peer_read(int fd, char *out, size_t cap);

/* Closes so that the other end sees a reset. */
void peer_reset(int fd);

/* Turns the worker until nothing happens for a few turns. */
void peer_turns(struct worker *worker);

#endif
