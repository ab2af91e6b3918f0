/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/link_keys.h"

#include <string.h>

#include "tests/cmocka_all.h"

static struct scram_challenge challenge_with(uint8_t salt, size_t salt_len, uint32_t iterations)
{
    struct scram_challenge challenge = {.iterations = iterations, .salt_len = salt_len};
    memset(challenge.salt, salt, salt_len);
    return challenge;
}

/* What is handed out is always what a derivation gives, and derivations are counted. */
static void assert_keys(struct link_keys *keys, const char *password,
                        const struct scram_challenge *challenge, unsigned derived)
{
    struct scram_keys expected;
    struct scram_keys got;
    scram_keys_derive(slice_text(password), slice_of(challenge->salt, challenge->salt_len),
                      challenge->iterations, &expected);
    link_keys_get(keys, slice_text(password), challenge, &got);
    assert_memory_equal(&expected, &got, sizeof got);
    if (keys != NULL) {
        assert_int_equal(link_keys_derived(keys), derived);
    }
}

static void test_the_same_question_is_derived_once(void **state)
{
    (void)state;
    struct link_keys *keys = link_keys_new();
    struct scram_challenge challenge = challenge_with(1, 16, 8);
    assert_keys(keys, "secret", &challenge, 1);
    assert_keys(keys, "secret", &challenge, 1);
    link_keys_free(&keys);
    assert_null(keys);
    link_keys_free(&keys);
}

static void test_each_part_of_the_question_counts(void **state)
{
    (void)state;
    struct link_keys *keys = link_keys_new();
    struct scram_challenge first = challenge_with(1, 16, 8);
    struct scram_challenge other_salt = challenge_with(2, 16, 8);
    struct scram_challenge shorter_salt = challenge_with(1, 15, 8);
    struct scram_challenge more = challenge_with(1, 16, 9);
    assert_keys(keys, "secret", &first, 1);
    assert_keys(keys, "rotated", &first, 2);
    assert_keys(keys, "secret", &other_salt, 3);
    assert_keys(keys, "secret", &shorter_salt, 4);
    assert_keys(keys, "secret", &first, 4);
    assert_keys(keys, "secret", &more, 5); /* in place of the oldest */
    assert_keys(keys, "rotated", &first, 5);
    assert_keys(keys, "secret", &first, 6);
    link_keys_free(&keys);
}

static void test_a_long_salt_and_no_memory_are_derived_always(void **state)
{
    (void)state;
    struct link_keys *keys = link_keys_new();
    struct scram_challenge longest = challenge_with(1, SCRAM_SALT_MAX, 8);
    struct scram_challenge longest_kept = challenge_with(1, 64, 8);
    assert_keys(keys, "secret", &longest, 0);
    assert_keys(keys, "secret", &longest, 0);
    assert_keys(keys, "secret", &longest_kept, 1);
    assert_keys(keys, "secret", &longest_kept, 1);
    assert_keys(NULL, "", &longest, 0);
    link_keys_free(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_question_is_derived_once),
        cmocka_unit_test(test_each_part_of_the_question_counts),
        cmocka_unit_test(test_a_long_salt_and_no_memory_are_derived_always),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
