/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config/password.h"

#include <string.h>

#include "tests/cmocka_all.h"

static void assert_password(const char *bytes, size_t len, const char *expected)
{
    char copy[PASSWORD_FILE_MAX];
    assert_true(len <= sizeof copy);
    memcpy(copy, bytes, len);
    char *password = password_of_file(&(struct config_file){.bytes = copy, .len = len});
    if (expected == NULL) {
        assert_null(password);
    } else {
        assert_non_null(password);
        assert_string_equal(password, expected);
    }
    password_free(&password);
    assert_null(password);
    password_free(&password);
}

static void test_one_line_is_a_password(void **state)
{
    (void)state;
    assert_password("secret", 6, "secret");
    assert_password("secret\n", 7, "secret");
    assert_password("secret\r\n", 8, "secret");
    assert_password(" a b ", 5, " a b ");
    assert_password("secret\r", 7, "secret\r");
}

static void test_anything_else_is_none(void **state)
{
    (void)state;
    assert_password("", 0, NULL);
    assert_password("\n", 1, NULL);
    assert_password("\r\n", 2, NULL);
    assert_password("two\nlines", 9, NULL);
    assert_password("two\n\n", 5, NULL);
    assert_password("nul\0inside", 10, NULL);
}

static void test_the_longest_fits(void **state)
{
    (void)state;
    char bytes[PASSWORD_MAX + 2];
    char expected[PASSWORD_MAX + 1] = "";
    memset(bytes, 'x', sizeof bytes);
    memset(expected, 'x', PASSWORD_MAX);
    assert_password(bytes, PASSWORD_MAX, expected);
    assert_password(bytes, PASSWORD_MAX + 1, NULL);
    bytes[PASSWORD_MAX] = '\n';
    assert_password(bytes, PASSWORD_MAX + 1, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line_is_a_password),
        cmocka_unit_test(test_anything_else_is_none),
        cmocka_unit_test(test_the_longest_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
