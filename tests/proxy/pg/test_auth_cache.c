/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of users: for how long, and of how many. */
#include "proxy/pg/auth_cache.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"

static const struct siphash_key key = {.k0 = 1, .k1 = 2};

static struct scram_verifier verifier_of(uint8_t byte)
{
    struct scram_verifier v = {.iterations = 4096, .salt_len = 16};
    memset(v.stored_key, byte, sizeof v.stored_key);
    return v;
}

static void put(struct auth_cache *cache, const char *user, uint8_t byte, int64_t until_us)
{
    struct scram_verifier v = verifier_of(byte);
    auth_cache_put(cache, slice_text(user), byte == 0 ? NULL : &v, until_us);
}

/* The byte of the user's verifier; 0 for nobody, -1 for nothing known. */
static int find(struct auth_cache *cache, const char *user, int64_t now_us)
{
    struct scram_verifier v;
    switch (auth_cache_find(cache, slice_text(user), now_us, &v)) {
    case AUTH_CACHED_USER:
        return v.stored_key[0];
    case AUTH_CACHED_NOBODY:
        return 0;
    case AUTH_CACHED_NOTHING:
        break;
    }
    return -1;
}

static void test_an_answer_ends(void **state)
{
    (void)state;
    struct auth_cache cache;
    auth_cache_init(&cache, &key);
    assert_int_equal(find(&cache, "a", 0), -1);
    put(&cache, "a", 7, 100);
    put(&cache, "b", 0, 50);
    assert_int_equal(find(&cache, "a", 99), 7);
    assert_int_equal(find(&cache, "b", 49), 0);
    assert_int_equal(find(&cache, "b", 50), -1);
    assert_int_equal(find(&cache, "a", 100), -1);
    assert_int_equal(find(&cache, "a", 0), -1); /* it is forgotten, not hidden */
    auth_cache_fini(&cache);
}

static void test_the_last_answer_counts(void **state)
{
    (void)state;
    struct auth_cache cache;
    auth_cache_init(&cache, &key);
    put(&cache, "a", 7, 100);
    put(&cache, "a", 0, 200);
    assert_int_equal(find(&cache, "a", 150), 0);
    put(&cache, "a", 8, 300);
    assert_int_equal(find(&cache, "a", 150), 8);
    assert_int_equal(find(&cache, "A", 150), -1);
    assert_int_equal(find(&cache, "aa", 150), -1);
    auth_cache_fini(&cache);
}

static void test_the_oldest_goes(void **state)
{
    (void)state;
    struct auth_cache cache;
    char name[16];
    auth_cache_init(&cache, &key);
    for (size_t i = 0; i < AUTH_CACHE_MAX; i++) {
        snprintf(name, sizeof name, "u%zu", i);
        put(&cache, name, 1, 1000);
    }
    assert_int_equal(find(&cache, "u0", 0), 1);
    put(&cache, "u0", 2, 1000); /* is the youngest now */
    assert_int_equal(find(&cache, "u1", 0), 1);
    put(&cache, "one more", 3, 1000);
    assert_int_equal(find(&cache, "u1", 0), -1);
    assert_int_equal(find(&cache, "u0", 0), 2);
    assert_int_equal(find(&cache, "u2", 0), 1);
    assert_int_equal(find(&cache, "one more", 0), 3);
    auth_cache_fini(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_ends),
        cmocka_unit_test(test_the_last_answer_counts),
        cmocka_unit_test(test_the_oldest_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
