/* SPDX-License-Identifier: Apache-2.0
 *
 * Names with a resolver of the test's own, which answers from a script and from another thread. */
#include "proxy/net/names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "proxy/net/dial.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "tests/cmocka_all.h"

#define TTL_US   INT64_C(30000000)
#define LIMIT_US INT64_C(5000000)

/* What the resolver says next. */
static struct {
    pthread_mutex_t lock;
    const char *ips[4]; /* NULL: fails */
    atomic_uint num_asked;
    atomic_bool hangs;
} script = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void answer_with(const char *first, const char *second)
{
    check(pthread_mutex_lock(&script.lock) == 0);
    script.ips[0] = first;
    script.ips[1] = first != NULL ? second : NULL;
    check(pthread_mutex_unlock(&script.lock) == 0);
}

static struct address ipv4(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    check(inet_pton(AF_INET, text, &in.sin_addr) == 1);
    struct address address = {.len = sizeof in};
    memcpy(&address.storage, &in, sizeof in);
    return address;
}

static const char *scripted(const char *host, struct address *out, size_t cap, size_t *out_num)
{
    check(strcmp(host, "db.test") == 0 && cap >= 4);
    atomic_fetch_add(&script.num_asked, 1);
    while (atomic_load(&script.hangs)) {
        sched_yield();
    }
    check(pthread_mutex_lock(&script.lock) == 0);
    *out_num = 0;
    for (size_t i = 0; script.ips[i] != NULL; i++) {
        out[(*out_num)++] = ipv4(script.ips[i]);
    }
    check(pthread_mutex_unlock(&script.lock) == 0);
    return *out_num > 0 ? NULL : "no such name";
}

struct seen {
    struct dial dial;
    char connects[8][64];
    unsigned num_connects;
    unsigned num_failed;
    unsigned num_moved;
};

static void note_connect(struct dial *dial, const struct address *address)
{
    struct seen *seen = owner_of(dial, struct seen, dial);
    check(seen->num_connects < 8);
    address_print(address, seen->connects[seen->num_connects], 64);
    seen->num_connects++;
}

static void note_failed(struct dial *dial, const char *reason)
{
    struct seen *seen = owner_of(dial, struct seen, dial);
    assert_string_equal(reason, "no such name");
    seen->num_failed++;
    dial_end(dial);
}

static void note_moved(struct dial *dial)
{
    struct seen *seen = owner_of(dial, struct seen, dial);
    seen->num_moved++;
    dial_end(dial);
}

static const struct dial_ops ops = {
    .connect = note_connect, .failed = note_failed, .moved = note_moved};

static int set_up(void **state)
{
    struct worker *worker = worker_new(0);
    names_free(&worker->names);
    worker->names = names_new(worker, scripted);
    atomic_store(&script.num_asked, 0);
    atomic_store(&script.hangs, false);
    *state = worker;
    return 0;
}

static int tear_down(void **state)
{
    struct worker *worker = *state;
    worker_free(&worker);
    return 0;
}

static void begin(struct worker *worker, struct seen *seen)
{
    struct config_address address = {.port = 5432, .host = (char[]){"db.test"}};
    *seen = (struct seen){.num_connects = 0};
    dial_begin(&seen->dial, worker, &address, TTL_US, LIMIT_US, &ops);
}

/* Turns the worker until a counter has that value. */
static void turn_until(struct worker *worker, const unsigned *counter, unsigned value)
{
    while (*counter < value) {
        worker_turn(worker, INT64_C(100000));
    }
    assert_int_equal(*counter, value);
}

/* The clock is the worker's; a name's time to live passes without waiting for it. */
static void pass_time(struct worker *worker, struct seen *seen, int64_t us)
{
    worker->now_us += us;
    (void)deadline_heap_run(worker_deadlines(worker), worker->now_us);
    (void)seen;
}

static void turn_until_asked(struct worker *worker, unsigned value)
{
    while (atomic_load(&script.num_asked) < value) {
        worker_turn(worker, 1000);
    }
}

static void test_addresses_are_tried_in_turn(void **state)
{
    struct worker *worker = *state;
    struct seen seen;
    answer_with("192.0.2.1", "192.0.2.2");
    begin(worker, &seen);
    assert_int_equal(seen.num_connects, 0); /* nothing blocks, so nothing is known yet */
    turn_until(worker, &seen.num_connects, 1);
    assert_string_equal(seen.connects[0], "192.0.2.1:5432");
    assert_true(dial_again(&seen.dial));
    turn_until(worker, &seen.num_connects, 2);
    assert_string_equal(seen.connects[1], "192.0.2.2:5432");
    assert_false(dial_again(&seen.dial));
    dial_end(&seen.dial);
}

static void test_what_worked_is_tried_first(void **state)
{
    struct worker *worker = *state;
    struct seen first;
    struct seen second;
    answer_with("192.0.2.1", "192.0.2.2");
    begin(worker, &first);
    turn_until(worker, &first.num_connects, 1);
    assert_true(dial_again(&first.dial));
    turn_until(worker, &first.num_connects, 2);
    dial_connected(&first.dial);
    begin(worker, &second);
    assert_int_equal(second.num_connects, 1); /* at once: the answer is there */
    assert_string_equal(second.connects[0], "192.0.2.2:5432");
    assert_int_equal(atomic_load(&script.num_asked), 1);
    dial_end(&first.dial);
    dial_end(&second.dial);
}

static void test_an_address_that_swallows_packets_has_its_share_of_the_time(void **state)
{
    struct worker *worker = *state;
    struct seen seen;
    answer_with("192.0.2.1", "192.0.2.2");
    begin(worker, &seen);
    turn_until(worker, &seen.num_connects, 1);
    pass_time(worker, &seen, LIMIT_US / 2);
    assert_int_equal(seen.num_connects, 2);
    pass_time(worker, &seen, LIMIT_US);
    assert_int_equal(seen.num_connects, 2); /* the rest is the owner's deadline */
    dial_end(&seen.dial);
}

static void test_an_unknown_name_fails_and_is_asked_again(void **state)
{
    struct worker *worker = *state;
    struct seen seen;
    answer_with(NULL, NULL);
    begin(worker, &seen);
    turn_until(worker, &seen.num_failed, 1);
    answer_with("192.0.2.7", NULL);
    begin(worker, &seen); /* not a second question within a second */
    assert_int_equal(atomic_load(&script.num_asked), 1);
    pass_time(worker, &seen, INT64_C(1000000));
    turn_until(worker, &seen.num_connects, 1);
    assert_string_equal(seen.connects[0], "192.0.2.7:5432");
    dial_end(&seen.dial);
}

static void test_a_name_that_moves_is_told_to_who_is_connected(void **state)
{
    struct worker *worker = *state;
    struct seen seen;
    answer_with("192.0.2.1", NULL);
    begin(worker, &seen);
    turn_until(worker, &seen.num_connects, 1);
    dial_connected(&seen.dial);
    answer_with("192.0.2.9", NULL);
    pass_time(worker, &seen, TTL_US);
    turn_until(worker, &seen.num_moved, 1);
    begin(worker, &seen);
    assert_string_equal(seen.connects[0], "192.0.2.9:5432");
    dial_end(&seen.dial);
}

static void test_a_failing_resolver_leaves_the_last_good_answer(void **state)
{
    struct worker *worker = *state;
    struct seen held;
    struct seen seen;
    answer_with("192.0.2.1", NULL);
    begin(worker, &held);
    turn_until(worker, &held.num_connects, 1);
    dial_connected(&held.dial);
    answer_with(NULL, NULL);
    pass_time(worker, &held, TTL_US);
    turn_until_asked(worker, 2);
    while (names_failure(&held.dial.holder) == NULL) {
        worker_turn(worker, INT64_C(100000));
    }
    begin(worker, &seen);
    assert_int_equal(seen.num_connects, 1);
    assert_string_equal(seen.connects[0], "192.0.2.1:5432");
    assert_int_equal(held.num_moved, 0);
    dial_end(&held.dial);
    dial_end(&seen.dial);
}

static void test_a_bad_address_is_looked_up_before_its_time(void **state)
{
    struct worker *worker = *state;
    struct seen seen;
    answer_with("192.0.2.1", NULL);
    begin(worker, &seen);
    turn_until(worker, &seen.num_connects, 1);
    worker->now_us += INT64_C(2000000);
    assert_false(dial_again(&seen.dial));
    dial_end(&seen.dial); /* the look-up goes on without its holder */
    turn_until_asked(worker, 2);
}

/* A resolver that hangs neither stops the worker nor its end. */
static void test_a_hanging_resolver_holds_up_nobody(void **state)
{
    struct worker *worker = *state;
    struct seen seen;
    answer_with("192.0.2.1", NULL);
    atomic_store(&script.hangs, true);
    begin(worker, &seen);
    turn_until_asked(worker, 1);
    worker_turn(worker, 0);
    assert_int_equal(seen.num_connects, 0);
    dial_end(&seen.dial);
    worker_free(&worker);
    *state = NULL;
    atomic_store(&script.hangs, false); /* its answer comes when everything is gone */
}

static void test_the_system_knows_localhost(void **state)
{
    (void)state;
    struct address found[NAME_ADDRESSES_MAX];
    size_t num = 0;
    assert_null(names_ask_system("localhost", found, NAME_ADDRESSES_MAX, &num));
    assert_true(num >= 1);
    assert_int_equal(address_peer(&found[0]), PEER_LOOPBACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_addresses_are_tried_in_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_worked_is_tried_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_an_address_that_swallows_packets_has_its_share_of_the_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_unknown_name_fails_and_is_asked_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_name_that_moves_is_told_to_who_is_connected, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_resolver_leaves_the_last_good_answer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_bad_address_is_looked_up_before_its_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_hanging_resolver_holds_up_nobody, set_up, tear_down),
        cmocka_unit_test(test_the_system_knows_localhost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
