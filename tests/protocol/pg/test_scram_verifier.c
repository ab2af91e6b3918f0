/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/scram_verifier.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"
#include "tests/protocol/pg/scram_vector.h"

#define KEY  "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define HEAD "SCRAM-SHA-256$4096:" RFC_SALT

static void test_the_vector(void **state)
{
    (void)state;
    struct slice text = guarded_copy(RFC_VERIFIER, strlen(RFC_VERIFIER));
    struct scram_verifier v;
    assert_true(scram_verifier_parse(text, &v));
    guarded_free(text);
    assert_int_equal(v.iterations, 4096);
    assert_int_equal(v.salt_len, 16);
    assert_false(v.is_mock);
    struct scram_keys keys;
    scram_keys_derive(slice_text(RFC_PASSWORD), slice_of(v.salt, v.salt_len), 4096, &keys);
    assert_true(scram_equal(keys.stored_key, v.stored_key));
    assert_true(scram_equal(keys.server_key, v.server_key));
    assert_true(scram_verifier_matches(&v, slice_text(RFC_PASSWORD)));
    assert_false(scram_verifier_matches(&v, slice_text("pencil ")));
    assert_false(scram_verifier_matches(&v, slice_of(NULL, 0)));
}

static void test_each_truncation_is_refused(void **state)
{
    (void)state;
    struct scram_verifier v;
    for (size_t len = 0; len < strlen(RFC_VERIFIER); len++) {
        struct slice text = guarded_copy(RFC_VERIFIER, len);
        assert_false(scram_verifier_parse(text, &v));
        guarded_free(text);
    }
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        RFC_VERIFIER "x",
        RFC_VERIFIER "\n",
        "SCRAM-SHA-1$4096:" RFC_SALT "$" KEY ":" KEY,
        "scram-sha-256$4096:" RFC_SALT "$" KEY ":" KEY,
        "SCRAM-SHA-256$0:" RFC_SALT "$" KEY ":" KEY,
        "SCRAM-SHA-256$-1:" RFC_SALT "$" KEY ":" KEY,
        "SCRAM-SHA-256$:" RFC_SALT "$" KEY ":" KEY,
        "SCRAM-SHA-256$1000001:" RFC_SALT "$" KEY ":" KEY,
        "SCRAM-SHA-256$99999999999999999999:" RFC_SALT "$" KEY ":" KEY,
        "SCRAM-SHA-256$4096:$" KEY ":" KEY,
        HEAD "$" KEY ":",
        HEAD "$:" KEY,
        HEAD "$" KEY ":" RFC_SALT,
        HEAD "$" RFC_SALT ":" KEY,
        HEAD ":" KEY "$" KEY,
        HEAD "$" KEY KEY ":" KEY,
        "md50123456789abcdef0123456789abcdef",
        "",
    };
    struct scram_verifier v;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (scram_verifier_parse(slice_text(texts[i]), &v)) {
            fail_msg("taken: %s", texts[i]);
        }
    }
}

static void test_a_mock_is_stable_and_matches_nothing(void **state)
{
    (void)state;
    struct scram_verifier a;
    struct scram_verifier again;
    struct scram_verifier b;
    scram_verifier_mock(slice_text("secret"), slice_text("nobody"), &a);
    scram_verifier_mock(slice_text("secret"), slice_text("nobody"), &again);
    scram_verifier_mock(slice_text("secret"), slice_text("nobody2"), &b);
    assert_memory_equal(a.salt, again.salt, sizeof a.salt);
    assert_memory_not_equal(a.salt, b.salt, sizeof a.salt);
    scram_verifier_mock(slice_text("other"), slice_text("nobody"), &b);
    assert_memory_not_equal(a.salt, b.salt, sizeof a.salt);
    assert_int_equal(a.iterations, 4096);
    assert_int_equal(a.salt_len, 16);

    struct scram_verifier real;
    assert_true(scram_verifier_parse(slice_text(RFC_VERIFIER), &real));
    real.is_mock = true;
    assert_false(scram_verifier_matches(&real, slice_text(RFC_PASSWORD)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vector),
        cmocka_unit_test(test_each_truncation_is_refused),
        cmocka_unit_test(test_other_texts_are_refused),
        cmocka_unit_test(test_a_mock_is_stable_and_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
