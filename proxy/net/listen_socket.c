/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets. A Unix socket leaves a file behind: a stale one, on which a connect is
 * refused, is replaced; a live one is an error; ours is removed at the end unless somebody else
 * put another in its place. Main thread. */
#include "proxy/net/listen_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "proxy/net/address.h"

#define BACKLOG         1024
#define PATH_IN_ADDRESS (sizeof "unix:" - 1) /* where the path starts in s->address */

static int open_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Whether the file at path is a socket that nobody listens on. */
static bool is_stale(const struct address *address, const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        return false;
    }
    int fd = open_socket(AF_UNIX);
    bool refused = fd >= 0 &&
                   connect(fd, (const struct sockaddr *)&address->storage, address->len) < 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0) {
        (void)close(fd);
    }
    return refused;
}

static void prepare(const struct listen_socket *s, const struct address *address, const char *path)
{
    int on = 1;
    if (path == NULL) {
        (void)setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    } else if (is_stale(address, path)) {
        (void)unlink(path);
    }
}

static void remember_file(struct listen_socket *s, const char *path)
{
    struct stat st;
    if (path != NULL && stat(path, &st) == 0) {
        s->device = st.st_dev;
        s->inode = st.st_ino;
    }
}

static const char *bind_and_listen(struct listen_socket *s, struct address *address,
                                   const char *path)
{
    prepare(s, address, path);
    if (bind(s->fd, (const struct sockaddr *)&address->storage, address->len) != 0) {
        return strerror(errno);
    }
    remember_file(s, path);
    address->len = sizeof address->storage;
    check(getsockname(s->fd, (struct sockaddr *)&address->storage, &address->len) == 0);
    address_print(address, s->address, sizeof s->address);
    return listen(s->fd, BACKLOG) == 0 ? NULL : strerror(errno);
}

const char *listen_socket_open(struct listen_socket *s, const struct config_address *configured)
{
    struct address address;
    *s = (struct listen_socket){.fd = -1};
    const char *failure = address_resolve(configured, &address);
    if (failure != NULL) {
        return failure;
    }
    s->fd = open_socket(address.storage.ss_family);
    failure = s->fd < 0 ? strerror(errno) : bind_and_listen(s, &address, configured->path);
    if (failure != NULL) {
        listen_socket_close(s);
    }
    return failure;
}

void listen_socket_close(struct listen_socket *s)
{
    struct stat st;
    const char *path = s->address + PATH_IN_ADDRESS;
    if (s->inode != 0 && stat(path, &st) == 0 && st.st_dev == s->device && st.st_ino == s->inode) {
        (void)unlink(path);
    }
    s->inode = 0;
    if (s->fd >= 0) {
        (void)close(s->fd);
        s->fd = -1;
    }
}
