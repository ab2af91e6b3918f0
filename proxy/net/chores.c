/* SPDX-License-Identifier: Apache-2.0
 *
 * One queue under one lock, and at most THREADS_MAX threads that take from it; a thread is started
 * when a chore finds none idle, and stays. Unlike look-ups of names (names.c) chores end by
 * themselves and soon, so the threads are joined and may borrow the worker until then. */
#include "proxy/net/chores.h"

#include <pthread.h>
#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/owner.h"

#define THREADS_MAX  2U /* so that one that is costly does not hold up the others */
#define THREAD_STACK ((size_t)256 * 1024) /* libcrypto, and room for sanitizers */

STAILQ_HEAD(chore_list, chore);

struct chores {
    struct worker *worker; /* borrows */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct chore_list queue; /* under lock, as all below */
    unsigned num_queued;
    unsigned num_idle; /* threads that wait for a chore */
    unsigned num_threads;
    pthread_t threads[THREADS_MAX];
    bool is_shut;
};

static void lock(struct chores *chores)
{
    check(pthread_mutex_lock(&chores->lock) == 0);
}

static void unlock(struct chores *chores)
{
    check(pthread_mutex_unlock(&chores->lock) == 0);
}

static void run_done(struct worker *worker, struct worker_message *message)
{
    (void)worker;
    struct chore *chore = owner_of(message, struct chore, message);
    chore->done(chore);
}

static struct chore *take_first(struct chores *chores)
{
    struct chore *chore = STAILQ_FIRST(&chores->queue);
    if (chore != NULL) {
        STAILQ_REMOVE_HEAD(&chores->queue, entry);
        chore->is_queued = false;
        check(chores->num_queued > 0);
        chores->num_queued--;
    }
    return chore;
}

/* Waits for a chore; NULL: there will be none. */
static struct chore *next_chore(struct chores *chores)
{
    lock(chores);
    while (!chores->is_shut && STAILQ_EMPTY(&chores->queue)) {
        chores->num_idle++;
        check(pthread_cond_wait(&chores->wake, &chores->lock) == 0);
        chores->num_idle--;
    }
    struct chore *chore = chores->is_shut ? NULL : take_first(chores);
    unlock(chores);
    return chore;
}

static void *thread_main(void *arg)
{
    struct chores *chores = arg;
    struct chore *chore = NULL;
    while ((chore = next_chore(chores)) != NULL) {
        chore->work(chore);
        chore->was_worked = true;
        worker_post(chores->worker, &chore->message);
    }
    return NULL;
}

static bool start_thread(struct chores *chores)
{
    pthread_attr_t attr;
    check(pthread_attr_init(&attr) == 0);
    check(pthread_attr_setstacksize(&attr, THREAD_STACK) == 0);
    int error = pthread_create(&chores->threads[chores->num_threads], &attr, thread_main, chores);
    check(pthread_attr_destroy(&attr) == 0);
    chores->num_threads += error == 0 ? 1 : 0;
    return error == 0;
}

struct chores *chores_new(struct worker *worker)
{
    struct chores *chores = mem_new(sizeof *chores);
    chores->worker = worker;
    STAILQ_INIT(&chores->queue);
    check(pthread_mutex_init(&chores->lock, NULL) == 0);
    check(pthread_cond_init(&chores->wake, NULL) == 0);
    return chores;
}

static bool has_thread_for_one_more(struct chores *chores)
{
    if (chores->num_idle <= chores->num_queued && chores->num_threads < THREADS_MAX) {
        return start_thread(chores) || chores->num_threads > 0;
    }
    return true;
}

bool chores_add(struct chores *chores, struct chore *chore)
{
    chore->message.run = run_done;
    chore->was_worked = false;
    chore->is_queued = false;
    lock(chores);
    bool is_taken = !chores->is_shut && chores->num_queued < CHORES_QUEUED_MAX &&
                    has_thread_for_one_more(chores);
    if (is_taken) {
        STAILQ_INSERT_TAIL(&chores->queue, chore, entry);
        chore->is_queued = true;
        chores->num_queued++;
        check(pthread_cond_signal(&chores->wake) == 0);
    }
    unlock(chores);
    return is_taken;
}

bool chores_drop(struct chores *chores, struct chore *chore)
{
    lock(chores);
    bool is_dropped = chore->is_queued;
    if (is_dropped) {
        STAILQ_REMOVE(&chores->queue, chore, chore, entry);
        chore->is_queued = false;
        check(chores->num_queued > 0);
        chores->num_queued--;
    }
    unlock(chores);
    return is_dropped;
}

void chores_shut(struct chores *chores)
{
    struct chore *chore = NULL;
    lock(chores);
    chores->is_shut = true;
    while ((chore = take_first(chores)) != NULL) {
        worker_post(chores->worker, &chore->message);
    }
    check(pthread_cond_broadcast(&chores->wake) == 0);
    unlock(chores);
    for (; chores->num_threads > 0; chores->num_threads--) { /* is_shut: none is started any more */
        check(pthread_join(chores->threads[chores->num_threads - 1], NULL) == 0);
    }
}

void chores_free(struct chores **chores)
{
    struct chores *c = *chores;
    *chores = NULL;
    if (c == NULL) {
        return;
    }
    check(c->is_shut && c->num_threads == 0 && STAILQ_EMPTY(&c->queue));
    check(pthread_cond_destroy(&c->wake) == 0);
    check(pthread_mutex_destroy(&c->lock) == 0);
    free(c);
}
