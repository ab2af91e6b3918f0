/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "protocol/mem.h"
#include "proxy/net/deadline.h"
#include "proxy/net/owner.h"
#include "tests/cmocka_all.h"

#define NUM_SENDERS  4
#define NUM_MESSAGES 2000

struct numbered {
    struct worker_message message; /* first */
    unsigned sender;
    unsigned number;
};

static unsigned next_number[NUM_SENDERS];
static _Atomic unsigned num_run;

static void run_numbered(struct worker *worker, struct worker_message *message)
{
    struct numbered *n = owner_of(message, struct numbered, message);
    assert_non_null(worker);
    assert_int_equal(n->number, next_number[n->sender]++);
    atomic_fetch_add(&num_run, 1);
    free(n);
}

static struct worker *target;

static void *send_all(void *arg)
{
    unsigned sender = *(unsigned *)arg;
    for (unsigned i = 0; i < NUM_MESSAGES; i++) {
        struct numbered *n = mem_new(sizeof *n);
        n->message.run = run_numbered;
        n->sender = sender;
        n->number = i;
        worker_post(target, &n->message);
    }
    return NULL;
}

static void test_posts_from_threads_run_in_order_and_none_is_lost(void **state)
{
    (void)state;
    target = worker_new(0);
    assert_non_null(target);
    assert_int_equal(worker_start(target), 0);
    pthread_t threads[NUM_SENDERS];
    unsigned ids[NUM_SENDERS];
    for (unsigned i = 0; i < NUM_SENDERS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &ids[i]), 0);
    }
    for (unsigned i = 0; i < NUM_SENDERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(worker_heartbeat_us(target) > 0);
    worker_free(&target); /* also runs what was posted last */
    assert_null(target);
    assert_int_equal(num_run, NUM_SENDERS * NUM_MESSAGES);
}

struct thing {
    struct deadline deadline;
    struct worker *worker;
    struct worker_deferred deferred;
};

static unsigned num_freed;

static void free_thing(struct worker_deferred *deferred)
{
    free(owner_of(deferred, struct thing, deferred));
    num_freed++;
}

static void give_up(struct deadline *d)
{
    struct thing *t = owner_of(d, struct thing, deadline);
    worker_defer(t->worker, &t->deferred, free_thing);
    assert_int_equal(num_freed, 0);
}

static void test_deferred_is_freed_after_the_turn(void **state)
{
    (void)state;
    struct worker *worker = worker_new(3);
    assert_non_null(worker);
    assert_int_equal(worker->index, 3);
    struct thing *t = mem_new(sizeof *t);
    t->worker = worker;
    deadline_init(&t->deadline, give_up);
    int64_t start_us = worker->now_us;
    deadline_arm(worker, &t->deadline, start_us + 20000);
    for (int i = 0; i < 100 && num_freed == 0; i++) {
        worker_turn(worker, 1000000);
    }
    assert_int_equal(num_freed, 1);
    assert_true(worker->now_us >= start_us + 20000);
    assert_true(worker->now_us < start_us + 1000000);
    worker_free(&worker);
    worker_free(&worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posts_from_threads_run_in_order_and_none_is_lost),
        cmocka_unit_test(test_deferred_is_freed_after_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
