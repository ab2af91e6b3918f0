/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/chores.h"

#include <pthread.h>
#include <semaphore.h>

#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "tests/cmocka_all.h"

#define TURN_US INT64_C(100000)
#define MANY    ((size_t)100)

/* What happens to the chores of one test. */
struct log {
    sem_t *gate; /* work waits for it; NULL: it does not */
    pthread_t home;
    unsigned num_done;
    unsigned num_worked;
};

struct job {
    struct chore chore;
    struct log *log;
    unsigned times_worked; /* by whichever thread */
    unsigned times_done;
    bool was_away; /* worked on another thread than the worker's */
};

static void work(struct chore *chore)
{
    struct job *job = owner_of(chore, struct job, chore);
    job->times_worked++;
    job->was_away = pthread_equal(pthread_self(), job->log->home) == 0;
    while (job->log->gate != NULL && sem_wait(job->log->gate) != 0) {
    }
}

static void done(struct chore *chore)
{
    struct job *job = owner_of(chore, struct job, chore);
    assert_true(pthread_equal(pthread_self(), job->log->home) != 0);
    job->times_done++;
    job->log->num_done++;
    job->log->num_worked += chore->was_worked ? 1 : 0;
}

static void init_jobs(struct job *jobs, size_t count, struct log *log)
{
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct job){.chore = {.work = work, .done = done}, .log = log};
    }
}

static void turn_until_done(struct worker *worker, const struct log *log, unsigned count)
{
    while (log->num_done < count) {
        worker_turn(worker, TURN_US);
    }
    assert_int_equal(log->num_done, count);
}

static int set_up(void **state)
{
    *state = worker_new(0);
    return *state == NULL;
}

static int tear_down(void **state)
{
    struct worker *worker = *state;
    worker_free(&worker);
    return 0;
}

static void test_each_is_worked_away_and_done_at_home(void **state)
{
    struct worker *worker = *state;
    static struct job jobs[MANY];
    struct log log = {.home = pthread_self()};
    init_jobs(jobs, MANY, &log);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(chores_add(worker->chores, &jobs[i].chore));
    }
    turn_until_done(worker, &log, MANY);
    assert_int_equal(log.num_worked, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(jobs[i].was_away);
        assert_int_equal(jobs[i].times_worked, 1);
        assert_int_equal(jobs[i].times_done, 1);
    }
}

/* While the threads are busy no more than CHORES_QUEUED_MAX wait; who is refused is called never.
 */
static void test_too_many(void **state)
{
    struct worker *worker = *state;
    static struct job jobs[2 * CHORES_QUEUED_MAX];
    const unsigned count = sizeof jobs / sizeof jobs[0];
    sem_t gate;
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    struct log log = {.home = pthread_self(), .gate = &gate};
    init_jobs(jobs, count, &log);
    unsigned taken = 0;
    while (taken < count && chores_add(worker->chores, &jobs[taken].chore)) {
        taken++;
    }
    assert_in_range(taken, CHORES_QUEUED_MAX, CHORES_QUEUED_MAX + 8); /* and what threads have */
    for (unsigned i = 0; i < taken; i++) {
        assert_int_equal(sem_post(&gate), 0);
    }
    turn_until_done(worker, &log, taken);
    assert_int_equal(jobs[taken].times_worked + jobs[taken].times_done, 0);
    log.gate = NULL;
    assert_true(chores_add(worker->chores, &jobs[taken].chore)); /* there is room again */
    turn_until_done(worker, &log, taken + 1);
    assert_int_equal(sem_destroy(&gate), 0);
}

/* Nobody wants it any more: it is neither worked nor done, and leaves its room to others. */
static void test_dropped(void **state)
{
    struct worker *worker = *state;
    struct job jobs[8];
    const unsigned count = sizeof jobs / sizeof jobs[0];
    sem_t gate;
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    struct log log = {.home = pthread_self(), .gate = &gate};
    init_jobs(jobs, count, &log);
    unsigned dropped = 0;
    for (unsigned i = 0; i < count; i++) {
        assert_true(chores_add(worker->chores, &jobs[i].chore));
    }
    for (unsigned i = count; i > 0; i--) {
        dropped += chores_drop(worker->chores, &jobs[i - 1].chore) ? 1 : 0;
    }
    assert_in_range(dropped, 1, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(sem_post(&gate), 0);
    }
    turn_until_done(worker, &log, count - dropped);
    assert_int_equal(log.num_worked, count - dropped);
    struct job last;
    init_jobs(&last, 1, &log);
    assert_int_equal(sem_post(&gate), 0);
    assert_true(chores_add(worker->chores, &last.chore));
    turn_until_done(worker, &log, count - dropped + 1);
    assert_int_equal(jobs[count - 1].times_worked + jobs[count - 1].times_done, 0);
    assert_int_equal(sem_destroy(&gate), 0);
}

static void *shut(void *chores)
{
    chores_shut(chores);
    return NULL;
}

/* What is being worked is finished, what waits is handed back, and no more is taken. */
static void test_the_end(void **state)
{
    struct worker *worker = *state;
    static struct job jobs[CHORES_QUEUED_MAX];
    sem_t gate;
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    struct log log = {.home = pthread_self(), .gate = &gate};
    init_jobs(jobs, CHORES_QUEUED_MAX, &log);
    unsigned taken = 0;
    for (; taken < 10; taken++) {
        assert_true(chores_add(worker->chores, &jobs[taken].chore));
    }
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, shut, worker->chores), 0);
    while (taken < CHORES_QUEUED_MAX && chores_add(worker->chores, &jobs[taken].chore)) {
        taken++; /* until the other thread has come to it, or it is full */
    }
    struct job late;
    init_jobs(&late, 1, &log);
    for (unsigned i = 0; i < taken; i++) {
        assert_int_equal(sem_post(&gate), 0);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(chores_add(worker->chores, &late.chore));
    turn_until_done(worker, &log, taken);
    for (unsigned i = 0; i < taken; i++) {
        assert_int_equal(jobs[i].times_done, 1);
        assert_int_equal(jobs[i].times_worked, jobs[i].chore.was_worked ? 1 : 0);
    }
    assert_int_equal(late.times_worked + late.times_done, 0);
    assert_int_equal(sem_destroy(&gate), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_is_worked_away_and_done_at_home, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
