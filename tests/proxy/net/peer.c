/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. Failures are bugs of the test, so they abort. */
#include "tests/proxy/net/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/check.h"
#include "proxy/net/worker.h"

#define TURNS        6
#define TURN_WAIT_US 2000

static void make_nonblocking(int fd)
{
    check(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

struct peer_pair peer_pair_unix(void)
{
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    return (struct peer_pair){.stream_fd = fds[0], .test_fd = fds[1]};
}

struct peer_listener peer_listen(void)
{
    struct peer_listener l = {
        .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
        .address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}},
    };
    socklen_t len = sizeof l.address;
    check(l.fd >= 0 && bind(l.fd, (struct sockaddr *)&l.address, len) == 0);
    check(listen(l.fd, 16) == 0);
    check(getsockname(l.fd, (struct sockaddr *)&l.address, &len) == 0);
    return l;
}

struct peer_pair peer_pair_tcp(void)
{
    struct peer_listener l = peer_listen();
    struct peer_pair pair = {.test_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    check(connect(pair.test_fd, (struct sockaddr *)&l.address, sizeof l.address) == 0);
    pair.stream_fd = accept(l.fd, NULL, NULL);
    check(pair.stream_fd >= 0);
    make_nonblocking(pair.stream_fd);
    make_nonblocking(pair.test_fd);
    check(close(l.fd) == 0);
    return pair;
}

void peer_send(int fd, const char *text)
{
    check(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

bool peer_read(int fd, char *out, size_t cap)
{
    size_t len = 0;
    ssize_t n = 1;
    while (len < cap - 1 && n > 0) {
        n = recv(fd, out + len, cap - 1 - len, MSG_DONTWAIT);
        len += n > 0 ? (size_t)n : 0;
    }
    out[len] = '\0';
    if (n == 0) {
        errno = 0;
    }
    return len > 0 || (n < 0 && errno == EAGAIN);
}

void peer_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    check(close(fd) == 0);
}

void peer_turns(struct worker *worker)
{
    for (int i = 0; i < TURNS; i++) {
        worker_turn(worker, TURN_WAIT_US);
    }
}
