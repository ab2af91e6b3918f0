/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools over a worker whose clock the test moves, with links that are opened by hand. */
#include "proxy/pg/pool.h"

#include "policy/config/config.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "tests/cmocka_all.h"

#define SECOND  INT64_C(1000000)
#define LINKS   16
#define EXPIRED (10 * SECOND)

struct fixture {
    struct worker *worker;
    struct pool_share share;
    struct config_pool config;
    struct pool pool;
    struct pool_link links[LINKS];
    size_t num_opened;
    size_t num_closed;
    size_t num_wakes;
    const struct pool_waiter *granted[LINKS];
    const struct pool_link *granted_link[LINKS];
    size_t num_granted;
    const struct pool_waiter *refused[LINKS];
    enum pool_refusal why[LINKS];
    size_t num_refused;
    bool has_more;
    const struct pool_waiter *held[2];
};

static struct fixture *fixture_of(struct pool *pool)
{
    return owner_of(pool, struct fixture, pool);
}

static struct pool_link *open_link(struct pool *pool)
{
    struct fixture *f = fixture_of(pool);
    assert_true(f->num_opened < LINKS);
    return &f->links[f->num_opened++];
}

static void close_link(struct pool *pool, struct pool_link *link)
{
    assert_int_equal(link->place, POOL_OUTSIDE);
    fixture_of(pool)->num_closed++;
}

static void grant(struct pool *pool, struct pool_waiter *waiter, struct pool_link *link)
{
    struct fixture *f = fixture_of(pool);
    f->granted[f->num_granted] = waiter;
    f->granted_link[f->num_granted++] = link;
}

static void refuse(struct pool *pool, struct pool_waiter *waiter, enum pool_refusal why)
{
    struct fixture *f = fixture_of(pool);
    f->refused[f->num_refused] = waiter;
    f->why[f->num_refused++] = why;
}

static void wake(struct pool *pool, uint64_t workers)
{
    (void)workers;
    fixture_of(pool)->num_wakes++;
}

static bool has_more(struct pool *pool)
{
    return fixture_of(pool)->has_more;
}

static bool is_held(struct pool *pool, struct pool_waiter *waiter)
{
    const struct fixture *f = fixture_of(pool);
    return waiter == f->held[0] || waiter == f->held[1];
}

static const struct pool_ops ops = {.open = open_link,
                                    .close = close_link,
                                    .grant = grant,
                                    .refuse = refuse,
                                    .wake = wake,
                                    .has_more = has_more,
                                    .is_held = is_held};

static void begin(struct fixture *f, uint32_t size, uint32_t num_workers)
{
    *f = (struct fixture){.worker = worker_new(0)};
    f->config = (struct config_pool){.size = size,
                                     .wait_timeout_us = 5 * SECOND,
                                     .connect_timeout_us = SECOND,
                                     .idle_timeout_us = EXPIRED,
                                     .lifetime_us = 100 * SECOND};
    pool_share_init(&f->share, size, num_workers);
    pool_init(&f->pool, f->worker, &ops, &f->config, &f->share);
}

/* Every link of the fixture is closed by its owner, as a worker does that stops. */
static void end(struct fixture *f)
{
    for (size_t i = 0; i < LINKS; i++) {
        pool_gone(&f->pool, &f->links[i]);
    }
    pool_fini(&f->pool);
    assert_true(pool_share_take(&f->share)); /* nothing was lost */
    worker_free(&f->worker);
}

static void test_first_come_first_served(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiters[4] = {{.is_queued = false}};
    begin(&f, 2, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_null(pool_acquire(&f.pool, &waiters[i]));
    }
    assert_int_equal(f.num_opened, 2); /* the size is the limit */
    pool_put(&f.pool, &f.links[1]);
    pool_put(&f.pool, &f.links[0]);
    pool_put(&f.pool, &f.links[1]);
    pool_leave(&f.pool, &waiters[3]);
    pool_put(&f.pool, &f.links[1]);
    assert_int_equal(f.num_granted, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(f.granted[i], &waiters[i]);
    }
    end(&f);
}

static void test_last_used_is_used_first(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiters[2] = {{.is_queued = false}};
    begin(&f, 2, 1);
    assert_null(pool_acquire(&f.pool, &waiters[0]));
    assert_null(pool_acquire(&f.pool, &waiters[1]));
    pool_put(&f.pool, &f.links[0]);
    pool_put(&f.pool, &f.links[1]);
    pool_put(&f.pool, &f.links[0]);
    pool_put(&f.pool, &f.links[1]);
    assert_ptr_equal(pool_acquire(&f.pool, &waiters[0]), &f.links[1]);
    assert_ptr_equal(pool_acquire(&f.pool, &waiters[1]), &f.links[0]);
    end(&f);
}

static void test_old_links_are_not_lent(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiter = {.is_queued = false};
    begin(&f, 1, 1);
    assert_null(pool_acquire(&f.pool, &waiter));
    pool_put(&f.pool, &f.links[0]);
    pool_put(&f.pool, &f.links[0]);
    f.worker->now_us += f.config.lifetime_us;
    assert_null(pool_acquire(&f.pool, &waiter));
    assert_int_equal(f.num_closed, 1);
    assert_int_equal(f.num_opened, 2);
    pool_leave(&f.pool, &waiter);
    end(&f);
}

static void test_retired_links_close_when_they_come_back(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiter = {.is_queued = false};
    begin(&f, 1, 1);
    assert_null(pool_acquire(&f.pool, &waiter));
    pool_put(&f.pool, &f.links[0]);
    pool_retire(&f.pool);
    assert_int_equal(f.num_closed, 0); /* it is lent */
    pool_put(&f.pool, &f.links[0]);
    assert_int_equal(f.num_closed, 1);
    end(&f);
}

static void test_refuses_at_once_while_the_server_is_down(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiters[3] = {{.is_queued = false}};
    begin(&f, 4, 1);
    assert_null(pool_acquire(&f.pool, &waiters[0]));
    assert_null(pool_acquire(&f.pool, &waiters[1]));
    pool_gone(&f.pool, &f.links[0]);
    assert_int_equal(f.num_refused, 0); /* the other one may succeed */
    pool_gone(&f.pool, &f.links[1]);
    assert_int_equal(f.num_refused, 2);
    assert_int_equal(f.why[0], POOL_UNAVAILABLE);
    assert_true(pool_is_down(&f.pool));
    assert_null(pool_acquire(&f.pool, &waiters[2]));
    assert_int_equal(f.num_refused, 3);
    assert_int_equal(f.num_opened, 2);
    f.worker->now_us += SECOND; /* more than the first delays */
    assert_null(pool_acquire(&f.pool, &waiters[2]));
    assert_int_equal(f.num_opened, 3);
    pool_put(&f.pool, &f.links[2]);
    assert_false(pool_is_down(&f.pool));
    assert_int_equal(f.num_granted, 1);
    end(&f);
}

static void test_another_server_is_tried_at_once(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiter = {.is_queued = false};
    begin(&f, 4, 1);
    assert_null(pool_acquire(&f.pool, &waiter));
    f.has_more = true;
    pool_gone(&f.pool, &f.links[0]);
    assert_int_equal(f.num_refused, 0);
    assert_int_equal(f.num_opened, 2);
    assert_false(pool_is_down(&f.pool));
    f.has_more = false;
    pool_gone(&f.pool, &f.links[1]);
    assert_int_equal(f.num_refused, 1);
    assert_true(pool_is_down(&f.pool));
    end(&f);
}

static void test_failures_do_not_refuse_while_a_link_works(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiters[2] = {{.is_queued = false}};
    begin(&f, 2, 1);
    assert_null(pool_acquire(&f.pool, &waiters[0]));
    pool_put(&f.pool, &f.links[0]);
    assert_null(pool_acquire(&f.pool, &waiters[1]));
    pool_gone(&f.pool, &f.links[1]);
    assert_int_equal(f.num_refused, 0);
    pool_put(&f.pool, &f.links[0]);
    assert_ptr_equal(f.granted[1], &waiters[1]);
    end(&f);
}

static void test_waits_end(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiters[3] = {{.is_queued = false}};
    begin(&f, 1, 1);
    f.config.wait_timeout_us = 20000;
    for (size_t i = 0; i < 3; i++) {
        assert_null(pool_acquire(&f.pool, &waiters[i]));
    }
    pool_put(&f.pool, &f.links[0]);
    for (int turn = 0; turn < 100 && f.num_refused < 2; turn++) {
        worker_turn(f.worker, 10000);
    }
    assert_int_equal(f.num_refused, 2);
    assert_ptr_equal(f.refused[0], &waiters[1]);
    assert_int_equal(f.why[0], POOL_TIMEOUT);
    end(&f);
}

static void test_idle_links_go(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiter = {.is_queued = false};
    begin(&f, 1, 1);
    f.config.idle_timeout_us = 20000;
    assert_null(pool_acquire(&f.pool, &waiter));
    pool_put(&f.pool, &f.links[0]);
    pool_put(&f.pool, &f.links[0]);
    for (int turn = 0; turn < 100 && f.num_closed == 0; turn++) {
        worker_turn(f.worker, 10000);
    }
    assert_int_equal(f.num_closed, 1);
    end(&f);
}

/* Two pools of one share: the one that has nothing gets a link from the one that has them all. */
static void test_another_worker_gets_its_share(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiters[3] = {{.is_queued = false}};
    begin(&f, 2, 2);
    assert_null(pool_acquire(&f.pool, &waiters[0]));
    assert_null(pool_acquire(&f.pool, &waiters[1]));
    pool_put(&f.pool, &f.links[0]);
    pool_put(&f.pool, &f.links[1]);
    assert_true(pool_share_want(&f.share, 1));
    assert_false(pool_share_want(&f.share, 1));
    pool_put(&f.pool, &f.links[0]);
    assert_int_equal(f.num_closed, 0); /* it has not been here for long */
    f.worker->now_us += SECOND;
    pool_wake(&f.pool);
    assert_int_equal(f.num_closed, 1);
    assert_true(f.num_wakes > 0);
    assert_true(pool_share_take(&f.share)); /* the other worker's */
    pool_share_sated(&f.share, 1);
    assert_null(pool_acquire(&f.pool, &waiters[2]));
    assert_int_equal(f.num_opened, 2); /* none is left, and this worker has its share */
    pool_put(&f.pool, &f.links[1]);
    assert_ptr_equal(f.granted[2], &waiters[2]);
    pool_share_give(&f.share);
    end(&f);
}

static void test_who_is_held_waits_and_the_others_do_not(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiters[4] = {{.is_queued = false}};
    begin(&f, 2, 1);
    f.held[0] = &waiters[0];
    f.held[1] = &waiters[1];
    assert_null(pool_acquire(&f.pool, &waiters[0]));
    assert_int_equal(f.num_opened, 0); /* a connection is of no use */
    assert_null(pool_acquire(&f.pool, &waiters[2]));
    assert_int_equal(f.num_opened, 1);
    pool_put(&f.pool, &f.links[0]);
    assert_ptr_equal(f.granted[0], &waiters[2]);
    pool_put(&f.pool, &f.links[0]);
    assert_int_equal(f.num_granted, 1);
    assert_null(pool_acquire(&f.pool, &waiters[1])); /* although a link is idle */
    assert_ptr_equal(pool_acquire(&f.pool, &waiters[3]), &f.links[0]);
    pool_put(&f.pool, &f.links[0]);
    f.held[0] = NULL;
    pool_resume(&f.pool);
    assert_int_equal(f.num_granted, 2);
    assert_ptr_equal(f.granted[1], &waiters[0]);
    f.held[1] = NULL;
    pool_resume(&f.pool);
    assert_int_equal(f.num_opened, 2);
    pool_put(&f.pool, &f.links[1]);
    assert_ptr_equal(f.granted[2], &waiters[1]);
    end(&f);
}

static void test_who_leaves_while_held_is_forgotten(void **state)
{
    (void)state;
    struct fixture f;
    struct pool_waiter waiter = {.is_queued = false};
    begin(&f, 2, 1);
    f.held[0] = &waiter;
    assert_null(pool_acquire(&f.pool, &waiter));
    pool_resume(&f.pool);
    assert_int_equal(f.num_granted, 0);
    pool_leave(&f.pool, &waiter);
    f.held[0] = NULL;
    pool_resume(&f.pool);
    assert_int_equal(f.num_opened, 0);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_come_first_served),
        cmocka_unit_test(test_last_used_is_used_first),
        cmocka_unit_test(test_old_links_are_not_lent),
        cmocka_unit_test(test_retired_links_close_when_they_come_back),
        cmocka_unit_test(test_refuses_at_once_while_the_server_is_down),
        cmocka_unit_test(test_another_server_is_tried_at_once),
        cmocka_unit_test(test_failures_do_not_refuse_while_a_link_works),
        cmocka_unit_test(test_waits_end),
        cmocka_unit_test(test_idle_links_go),
        cmocka_unit_test(test_another_worker_gets_its_share),
        cmocka_unit_test(test_who_is_held_waits_and_the_others_do_not),
        cmocka_unit_test(test_who_leaves_while_held_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
