/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/link_keys.h"

#include <string.h>

#include "protocol/check.h"
#include "proxy/net/chores.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "tests/cmocka_all.h"

struct waiter {
    struct link_keys_wish wish;
    struct scram_keys got;
    unsigned num_ready;
    unsigned num_none;
    struct waiter *drops; /* gives this one up when it is ready */
    struct link_keys **frees;
};

static void on_ready(struct link_keys_wish *wish, const struct scram_keys *keys)
{
    struct waiter *waiter = owner_of(wish, struct waiter, wish);
    waiter->num_ready++;
    if (keys != NULL) {
        waiter->got = *keys;
    } else {
        waiter->num_none++;
    }
    if (waiter->drops != NULL) {
        link_keys_give_up(&waiter->drops->wish);
    }
    if (waiter->frees != NULL) {
        link_keys_free(waiter->frees);
    }
}

static struct waiter new_waiter(void)
{
    return (struct waiter){.wish = {.ready = on_ready}};
}

static struct scram_challenge challenge_with(uint8_t salt, size_t salt_len, uint32_t iterations)
{
    struct scram_challenge challenge = {.iterations = iterations, .salt_len = salt_len};
    memset(challenge.salt, salt, salt_len);
    return challenge;
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

static void turn_until_ready(struct worker *worker, const struct waiter *waiter)
{
    while (waiter->num_ready == 0) {
        worker_turn(worker, INT64_C(100000));
    }
    assert_int_equal(waiter->num_ready, 1);
}

static enum link_keys_status ask(struct link_keys *keys, const char *password,
                                 const struct scram_challenge *challenge, struct waiter *waiter)
{
    return link_keys_get(keys, slice_text(password), challenge, &waiter->wish, &waiter->got);
}

/* What is handed out is always what a derivation gives, and derivations are counted. */
static void assert_keys(struct worker *worker, struct link_keys *keys, const char *password,
                        const struct scram_challenge *challenge, unsigned derived)
{
    struct scram_keys expected;
    struct waiter waiter = new_waiter();
    unsigned before = link_keys_derived(keys);
    scram_keys_derive(slice_text(password), slice_of(challenge->salt, challenge->salt_len),
                      challenge->iterations, &expected);
    enum link_keys_status status = ask(keys, password, challenge, &waiter);
    assert_int_equal(status, before == derived ? LINK_KEYS_NOW : LINK_KEYS_LATER);
    if (status == LINK_KEYS_LATER) {
        turn_until_ready(worker, &waiter);
    }
    assert_memory_equal(&expected, &waiter.got, sizeof expected);
    assert_int_equal(link_keys_derived(keys), derived);
}

static void test_each_part_of_the_question_counts(void **state)
{
    struct link_keys *keys = link_keys_new(*state);
    struct scram_challenge first = challenge_with(1, 16, 8);
    struct scram_challenge other_salt = challenge_with(2, 16, 8);
    struct scram_challenge shorter_salt = challenge_with(1, 15, 8);
    struct scram_challenge more = challenge_with(1, 16, 9);
    assert_keys(*state, keys, "secret", &first, 1);
    assert_keys(*state, keys, "secret", &first, 1);
    assert_keys(*state, keys, "rotated", &first, 2);
    assert_keys(*state, keys, "secret", &other_salt, 3);
    assert_keys(*state, keys, "secret", &shorter_salt, 4);
    assert_keys(*state, keys, "secret", &first, 4);
    assert_keys(*state, keys, "secret", &more, 5); /* in place of the oldest */
    assert_keys(*state, keys, "rotated", &first, 5);
    assert_keys(*state, keys, "secret", &first, 6);
    link_keys_free(&keys);
    assert_null(keys);
    link_keys_free(&keys);
}

static void test_a_long_salt_is_derived_always(void **state)
{
    struct link_keys *keys = link_keys_new(*state);
    struct scram_challenge longest = challenge_with(1, SCRAM_SALT_MAX, 8);
    struct scram_challenge longest_kept = challenge_with(1, 64, 8);
    assert_keys(*state, keys, "secret", &longest, 1);
    assert_keys(*state, keys, "secret", &longest, 2);
    assert_keys(*state, keys, "secret", &longest_kept, 3);
    assert_keys(*state, keys, "secret", &longest_kept, 3);
    link_keys_free(&keys);
}

static void test_all_who_ask_meanwhile_wait_for_one_derivation(void **state)
{
    struct link_keys *keys = link_keys_new(*state);
    struct scram_challenge challenge = challenge_with(1, 16, 4096);
    struct waiter waiters[3] = {new_waiter(), new_waiter(), new_waiter()};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ask(keys, "secret", &challenge, &waiters[i]), LINK_KEYS_LATER);
    }
    link_keys_give_up(&waiters[1].wish);
    turn_until_ready(*state, &waiters[0]);
    assert_int_equal(waiters[2].num_ready, 1);
    assert_int_equal(waiters[1].num_ready, 0);
    assert_memory_equal(&waiters[0].got, &waiters[2].got, sizeof waiters[0].got);
    assert_int_equal(link_keys_derived(keys), 1);
    link_keys_free(&keys);
}

static void test_a_waiter_may_drop_another_and_free_the_keys(void **state)
{
    struct link_keys *keys = link_keys_new(*state);
    struct scram_challenge challenge = challenge_with(1, 16, 8);
    struct waiter waiters[2] = {new_waiter(), new_waiter()};
    for (size_t i = 0; i < 2; i++) {
        waiters[i].drops = &waiters[1 - i];
        waiters[i].frees = &keys;
        assert_int_equal(ask(keys, "secret", &challenge, &waiters[i]), LINK_KEYS_LATER);
    }
    while (waiters[0].num_ready + waiters[1].num_ready == 0) {
        worker_turn(*state, INT64_C(100000));
    }
    assert_int_equal(waiters[0].num_ready + waiters[1].num_ready, 1);
    assert_null(keys);
}

static void test_the_queue_is_bounded_and_given_back_at_the_end(void **state)
{
    struct worker *worker = *state;
    struct link_keys *keys = link_keys_new(worker);
    static struct waiter waiters[CHORES_QUEUED_MAX + 64];
    size_t num_taken = 0;
    enum link_keys_status status = LINK_KEYS_LATER;
    while (num_taken < CHORES_QUEUED_MAX + 64 && status == LINK_KEYS_LATER) {
        struct scram_challenge challenge =
            challenge_with(1, 16, SCRAM_ITERATIONS_MAX - (uint32_t)num_taken);
        waiters[num_taken] = new_waiter();
        status = ask(keys, "secret", &challenge, &waiters[num_taken]);
        num_taken += status == LINK_KEYS_LATER ? 1 : 0;
    }
    assert_int_equal(status, LINK_KEYS_BUSY);
    assert_true(num_taken >= CHORES_QUEUED_MAX);
    link_keys_free(&keys); /* before those who wait */
    worker_free(&worker);
    unsigned num_none = 0;
    for (size_t i = 0; i < num_taken; i++) {
        assert_int_equal(waiters[i].num_ready, 1);
        num_none += waiters[i].num_none;
    }
    assert_true(num_none > 0 && num_none <= CHORES_QUEUED_MAX);
    *state = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_part_of_the_question_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_salt_is_derived_always, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_who_ask_meanwhile_wait_for_one_derivation, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_waiter_may_drop_another_and_free_the_keys, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_queue_is_bounded_and_given_back_at_the_end, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
