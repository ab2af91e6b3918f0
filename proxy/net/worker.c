/* SPDX-License-Identifier: Apache-2.0
 *
 * The turn of the loop. One libevent base per worker, without locks; the only things other threads
 * touch are the message queue (mutex and eventfd), the heartbeat and the stop flag. libevent's own
 * timers are not used but for one, which wakes the loop for the earliest deadline and is moved
 * only when an earlier one appears. The clock is read on a turn's first callback.
 *
 * Owns the streams' scratch memory and spare blocks; never the streams. Refuses to be freed by its
 * own thread. */
#include "proxy/net/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/metrics.h"
#include "proxy/net/chores.h"
#include "proxy/net/deadline.h"
#include "proxy/net/names.h"
#include "proxy/net/stream.h"
#include "proxy/net/stream_turn.h"

#define WORKER_TAG       0x3084e501U
#define STACK_BYTES      ((size_t)64 * 1024 * 1024)
#define US_PER_SECOND    INT64_C(1000000)
#define LONGEST_WAIT_US  US_PER_SECOND /* so that an idle worker's heart beats */
#define TURNS_AFTER_STOP 3
#define SETTLE_ROUNDS    4 /* of ready and unsent streams a turn: callbacks make new ones */

/* The whole worker: what sessions see comes first. */
struct worker_private {
    struct worker shared;
    uint32_t tag;
    bool in_turn; /* the clock was read */
    bool has_thread;
    pthread_t thread;
    atomic_bool stopping;
    _Atomic int64_t heartbeat_us;
    struct deadline_heap deadlines;
    int64_t timer_at_us; /* when `timer` goes off; INT64_MAX when it is not armed */
    struct event timer;
    struct event wake;
    int wake_fd;
    struct worker_deferred *deferred;
    pthread_mutex_t posted_lock;
    struct worker_message *posted_first; /* under posted_lock */
    struct worker_message **posted_end;  /* under posted_lock */
};

static struct worker_private *private_of(struct worker *worker)
{
    struct worker_private *p = (struct worker_private *)(void *)worker;
    check(p->tag == WORKER_TAG);
    return p;
}

static int64_t monotonic_us(void)
{
    struct timespec ts;
    check(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
    return (int64_t)ts.tv_sec * US_PER_SECOND + ts.tv_nsec / 1000;
}

void worker_begin_turn(struct worker *worker)
{
    struct worker_private *p = private_of(worker);
    if (p->in_turn) {
        return;
    }
    p->in_turn = true;
    worker->now_us = monotonic_us();
    atomic_store_explicit(&p->heartbeat_us, worker->now_us, memory_order_relaxed);
}

/* Messages from other threads. */

static struct worker_message *take_posted(struct worker_private *p)
{
    check(pthread_mutex_lock(&p->posted_lock) == 0);
    struct worker_message *first = p->posted_first;
    p->posted_first = NULL;
    p->posted_end = &p->posted_first;
    check(pthread_mutex_unlock(&p->posted_lock) == 0);
    return first;
}

static void run_posted(struct worker_private *p)
{
    for (struct worker_message *message = take_posted(p); message != NULL;) {
        struct worker_message *next = message->next;
        message->run(&p->shared, message);
        message = next;
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct worker_private *p = private_of(arg);
    worker_begin_turn(&p->shared);
    eventfd_t count = 0;
    (void)eventfd_read(fd, &count);
    run_posted(p);
}

static void wake_up(struct worker_private *p)
{
    /* Fails only when the counter is full, and then the worker is awake. */
    (void)eventfd_write(p->wake_fd, 1);
}

void worker_post(struct worker *worker, struct worker_message *message)
{
    struct worker_private *p = private_of(worker);
    message->next = NULL;
    check(pthread_mutex_lock(&p->posted_lock) == 0);
    bool was_empty = p->posted_first == NULL;
    *p->posted_end = message;
    p->posted_end = &message->next;
    check(pthread_mutex_unlock(&p->posted_lock) == 0);
    if (was_empty) {
        wake_up(p);
    }
}

/* The turn. */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct worker_private *p = private_of(arg);
    p->timer_at_us = INT64_MAX;
    worker_begin_turn(&p->shared);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The timer may go off too early, never too late. */
static void arm_timer(struct worker_private *p, int64_t wait_us)
{
    int64_t now_us = p->shared.now_us;
    int64_t at_us = earlier(deadline_heap_next(&p->deadlines), now_us + wait_us);
    if (at_us >= p->timer_at_us) {
        return;
    }
    int64_t left_us = at_us > now_us ? at_us - now_us : 0;
    struct timeval tv = {.tv_sec = left_us / US_PER_SECOND, .tv_usec = left_us % US_PER_SECOND};
    check(event_add(&p->timer, &tv) == 0);
    p->timer_at_us = at_us;
}

static void settle_streams(struct worker *worker)
{
    for (int round = 0; round < SETTLE_ROUNDS; round++) {
        stream_turn_ready(worker);
        stream_turn_flush(worker);
        if (TAILQ_EMPTY(&worker->ready) && TAILQ_EMPTY(&worker->unsent)) {
            return;
        }
    }
}

static void run_deferred(struct worker_private *p)
{
    while (p->deferred != NULL) {
        struct worker_deferred *first = p->deferred;
        p->deferred = first->next;
        first->run(first);
    }
}

static bool has_work(const struct worker *worker)
{
    return !TAILQ_EMPTY(&worker->ready) || !TAILQ_EMPTY(&worker->unsent);
}

static void count_turn(const struct worker *worker)
{
    if (worker->metrics != NULL) {
        metrics_count_turn(worker->metrics, worker->now_us, monotonic_us() - worker->now_us);
    }
}

void worker_turn(struct worker *worker, int64_t wait_us)
{
    struct worker_private *p = private_of(worker);
    int flags = EVLOOP_ONCE;
    if (has_work(worker)) {
        flags |= EVLOOP_NONBLOCK;
    } else {
        arm_timer(p, wait_us);
    }
    check(event_base_loop(worker->base, flags) >= 0);
    worker_begin_turn(worker);
    (void)deadline_heap_run(&p->deadlines, worker->now_us);
    settle_streams(worker);
    run_deferred(p);
    count_turn(worker);
    p->in_turn = false;
}

void worker_run(struct worker *worker)
{
    struct worker_private *p = private_of(worker);
    while (!atomic_load_explicit(&p->stopping, memory_order_acquire)) {
        worker_turn(worker, LONGEST_WAIT_US);
    }
    for (int turn = 0; turn < TURNS_AFTER_STOP; turn++) {
        worker_turn(worker, 0);
    }
}

/* Life. */

static void *thread_main(void *arg)
{
    struct worker *worker = arg;
    worker_run(worker);
    return NULL;
}

int worker_start(struct worker *worker)
{
    struct worker_private *p = private_of(worker);
    check(!p->has_thread);
    pthread_attr_t attr;
    check(pthread_attr_init(&attr) == 0);
    check(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
    int error = pthread_create(&p->thread, &attr, thread_main, worker);
    check(pthread_attr_destroy(&attr) == 0);
    p->has_thread = error == 0;
    return error;
}

void worker_stop(struct worker *worker)
{
    struct worker_private *p = private_of(worker);
    atomic_store_explicit(&p->stopping, true, memory_order_release);
    wake_up(p);
}

/* No EPOLL_USE_CHANGELIST: it would tell the kernel of a removed descriptor a turn later, when its
 * number may already be another worker's connection. */
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    check(config != NULL);
    check(event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_NO_CACHE_TIME) ==
          0);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

struct worker *worker_new(unsigned index)
{
    struct event_base *base = new_base();
    int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (base == NULL || wake_fd < 0) {
        if (base != NULL) {
            event_base_free(base);
        }
        return NULL;
    }
    struct worker_private *p = mem_new(sizeof *p);
    p->tag = WORKER_TAG;
    p->shared.index = index;
    p->shared.base = base;
    p->shared.scratch = mem_new(WORKER_SCRATCH);
    TAILQ_INIT(&p->shared.ready);
    TAILQ_INIT(&p->shared.unsent);
    p->shared.now_us = monotonic_us();
    atomic_init(&p->heartbeat_us, p->shared.now_us);
    p->timer_at_us = INT64_MAX;
    p->wake_fd = wake_fd;
    p->posted_end = &p->posted_first;
    check(pthread_mutex_init(&p->posted_lock, NULL) == 0);
    check(event_assign(&p->timer, base, -1, 0, on_timer, p) == 0);
    check(event_assign(&p->wake, base, wake_fd, EV_READ | EV_PERSIST, on_wake, p) == 0);
    check(event_add(&p->wake, NULL) == 0);
    p->shared.chores = chores_new(&p->shared);
    p->shared.names = names_new(&p->shared, names_ask_system);
    return &p->shared;
}

void worker_join(struct worker *worker)
{
    struct worker_private *p = private_of(worker);
    if (p->has_thread) {
        check(!pthread_equal(p->thread, pthread_self()));
        check(pthread_join(p->thread, NULL) == 0);
        p->has_thread = false;
    }
    run_posted(p);
    run_deferred(p);
}

void worker_free(struct worker **worker)
{
    if (*worker == NULL) {
        return;
    }
    struct worker_private *p = private_of(*worker);
    names_shut(p->shared.names);
    worker_stop(*worker);
    chores_shut(p->shared.chores);
    worker_join(*worker);
    names_free(&p->shared.names);
    chores_free(&p->shared.chores);
    check(TAILQ_EMPTY(&p->shared.ready) && TAILQ_EMPTY(&p->shared.unsent));
    check(event_del(&p->wake) == 0 && event_del(&p->timer) == 0);
    event_base_free(p->shared.base);
    check(close(p->wake_fd) == 0);
    check(pthread_mutex_destroy(&p->posted_lock) == 0);
    deadline_heap_fini(&p->deadlines);
    fifo_spares_fini(&p->shared.spares);
    free(p->shared.scratch);
    free(p);
    *worker = NULL;
}

void worker_defer(struct worker *worker, struct worker_deferred *deferred,
                  void (*run)(struct worker_deferred *deferred))
{
    struct worker_private *p = private_of(worker);
    check(deferred->run == NULL); /* twice would free twice */
    deferred->run = run;
    deferred->next = p->deferred;
    p->deferred = deferred;
}

struct deadline_heap *worker_deadlines(struct worker *worker)
{
    return &private_of(worker)->deadlines;
}

int64_t worker_heartbeat_us(const struct worker *worker)
{
    const struct worker_private *p = (const struct worker_private *)(const void *)worker;
    check(p->tag == WORKER_TAG);
    return atomic_load_explicit(&p->heartbeat_us, memory_order_relaxed);
}
