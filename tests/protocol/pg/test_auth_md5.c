/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/auth_md5.h"

#include "tests/cmocka_all.h"

/* Computed with Python's hashlib. */
static void test_known_answer(void **state)
{
    (void)state;
    char answer[AUTH_MD5_LEN];
    assert_true(
        auth_md5_answer(slice_text("app"), slice_text("secret"), slice_of("\1\2\3\4", 4), answer));
    assert_true(slice_equal(slice_of(answer, sizeof answer),
                            slice_text("md5911f527656472583a006e7727877b33e")));
}

/* What pg_authid keeps is as good as the password. */
static void test_from_what_is_stored(void **state)
{
    (void)state;
    char answer[AUTH_MD5_LEN];
    struct slice stored = slice_text("6a422f785c9e20873908ce25d1736ae2");
    assert_true(auth_md5_answer_stored(stored, slice_of("\1\2\3\4", 4), answer));
    assert_true(slice_equal(slice_of(answer, sizeof answer),
                            slice_text("md5911f527656472583a006e7727877b33e")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_answer),
                                       cmocka_unit_test(test_from_what_is_stored)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
