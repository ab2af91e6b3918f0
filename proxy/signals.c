/* SPDX-License-Identifier: Apache-2.0
 *
 * A signalfd in the main worker's base: no code of ours runs in a signal handler, and workers
 * never see a signal, since they inherit the mask. Main thread. */
#include "proxy/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/worker.h"

#define SIGNALS_TAG 0x519a15e1U

struct signals {
    uint32_t tag;
    int fd;
    struct worker *worker; /* borrows */
    signals_fn *received;
    void *context;
    struct event event;
};

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct signals *s = arg;
    struct signalfd_siginfo info;
    check(s->tag == SIGNALS_TAG);
    worker_begin_turn(s->worker);
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        s->received(s->context, (int)info.ssi_signo);
    }
}

struct signals *signals_new(struct worker *worker, signals_fn *received, void *context)
{
    const int numbers[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
    sigset_t set;
    check(sigemptyset(&set) == 0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        check(sigaddset(&set, numbers[i]) == 0);
    }
    check(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    check(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    struct signals *s = mem_new(sizeof *s);
    s->tag = SIGNALS_TAG;
    s->fd = fd;
    s->worker = worker;
    s->received = received;
    s->context = context;
    check(event_assign(&s->event, worker->base, fd, EV_READ | EV_PERSIST, on_event, s) == 0);
    check(event_add(&s->event, NULL) == 0);
    return s;
}

void signals_free(struct signals **signals)
{
    struct signals *s = *signals;
    *signals = NULL;
    if (s == NULL) {
        return;
    }
    check(event_del(&s->event) == 0);
    (void)close(s->fd);
    free(s);
}
