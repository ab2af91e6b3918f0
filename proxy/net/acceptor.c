/* SPDX-License-Identifier: Apache-2.0
 *
 * Accepting. One event per listening socket, a bounded number of accepts per turn. Out of
 * descriptors: one waiting client is turned away with the descriptor kept in reserve, so that it
 * learns at once, and the listener rests for a moment. Main thread's worker only. Owns its
 * descriptors. */
#include "proxy/net/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/net/address.h"
#include "proxy/net/deadline.h"
#include "proxy/net/listen_socket.h"
#include "proxy/net/owner.h"
#include "proxy/net/socket.h"

#define ACCEPTOR_TAG     0xacce9704U
#define ACCEPTS_PER_TURN 64
#define PAUSE_US         INT64_C(100000) /* while out of descriptors */

struct acceptor {
    uint32_t tag;
    struct listen_socket socket; /* owns */
    int reserve_fd;              /* -1 while it could not be opened */
    struct worker *worker;
    acceptor_fn *accepted;
    void *context;
    struct event event;
    struct deadline pause;
};

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Turns one waiting client away, so that it need not wait for its own timeout. */
static void spend_reserve(struct acceptor *a)
{
    if (a->reserve_fd >= 0) {
        (void)close(a->reserve_fd);
        int fd = accept4(a->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    a->reserve_fd = open_reserve();
}

static void rest(struct acceptor *a, int error)
{
    log_event(LOG_ACCEPT_PAUSED, log_text("listener", a->socket.address),
              log_text("error", strerror(error)));
    spend_reserve(a);
    check(event_del(&a->event) == 0);
    deadline_arm(a->worker, &a->pause, a->worker->now_us + PAUSE_US);
}

static void on_pause_over(struct deadline *d)
{
    struct acceptor *a = owner_of(d, struct acceptor, pause);
    check(a->tag == ACCEPTOR_TAG);
    if (a->reserve_fd < 0) {
        a->reserve_fd = open_reserve();
    }
    check(event_add(&a->event, NULL) == 0);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Whether there may be another connection to accept. */
static bool accept_one(struct acceptor *a)
{
    struct address peer = {.len = sizeof peer.storage};
    char name[INCOMING_NAME_SIZE];
    int fd = accept4(a->socket.fd, (struct sockaddr *)&peer.storage, &peer.len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        socket_tune(fd, peer.storage.ss_family);
        address_print(&peer, name, sizeof name);
        a->accepted(a->context, fd, address_peer(&peer), name);
        return true;
    }
    if (is_shortage(errno)) {
        rest(a, errno);
        return false;
    }
    /* accept(2): errors of the new socket are passed on here and mean nothing for the next one. */
    return errno != EAGAIN && errno != EBADF && errno != EINVAL;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct acceptor *a = arg;
    check(a->tag == ACCEPTOR_TAG && a->socket.fd == fd);
    worker_begin_turn(a->worker);
    for (int i = 0; i < ACCEPTS_PER_TURN && accept_one(a); i++) {
    }
}

struct acceptor *acceptor_new(struct worker *worker, const struct config_address *address,
                              acceptor_fn *accepted, void *context, const char **out_failure)
{
    struct acceptor *a = mem_new(sizeof *a);
    a->tag = ACCEPTOR_TAG;
    a->worker = worker;
    a->accepted = accepted;
    a->context = context;
    a->reserve_fd = open_reserve();
    deadline_init(&a->pause, on_pause_over);
    *out_failure = listen_socket_open(&a->socket, address);
    if (*out_failure != NULL) {
        acceptor_free(&a);
        return NULL;
    }
    check(event_assign(&a->event, worker->base, a->socket.fd, EV_READ | EV_PERSIST, on_event, a) ==
          0);
    check(event_add(&a->event, NULL) == 0);
    return a;
}

void acceptor_free(struct acceptor **acceptor)
{
    struct acceptor *a = *acceptor;
    *acceptor = NULL;
    if (a == NULL) {
        return;
    }
    check(a->tag == ACCEPTOR_TAG);
    deadline_disarm(&a->pause);
    if (event_initialized(&a->event)) {
        check(event_del(&a->event) == 0);
    }
    listen_socket_close(&a->socket);
    if (a->reserve_fd >= 0) {
        (void)close(a->reserve_fd);
    }
    free(a);
}

const char *acceptor_address(const struct acceptor *acceptor)
{
    return acceptor->socket.address;
}
