/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql/operators.h"

#include "tests/cmocka_all.h"

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        const char *symbol;
        enum sql_operator_class class;
    } cases[] = {
        {"=", SQL_OPERATOR_SAFE},      {"<>", SQL_OPERATOR_SAFE},      {">=", SQL_OPERATOR_SAFE},
        {"~~", SQL_OPERATOR_PATTERN},  {"!~~*", SQL_OPERATOR_PATTERN}, {"~", SQL_OPERATOR_RAISING},
        {"/", SQL_OPERATOR_RAISING},   {"||", SQL_OPERATOR_RAISING},   {"?|", SQL_OPERATOR_RAISING},
        {"===", SQL_OPERATOR_UNKNOWN}, {"", SQL_OPERATOR_UNKNOWN},     {"*=", SQL_OPERATOR_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(sql_operator_classify(cases[i].symbol), cases[i].class);
    }
}

static void test_a_pattern_that_ends_in_a_lone_backslash_can_raise(void **state)
{
    (void)state;
    assert_true(sql_pattern_never_raises(slice_text("")));
    assert_true(sql_pattern_never_raises(slice_text("bob%")));
    assert_true(sql_pattern_never_raises(slice_text("b\\%b")));
    assert_true(sql_pattern_never_raises(slice_text("bob\\\\")));
    assert_false(sql_pattern_never_raises(slice_text("\\")));
    assert_false(sql_pattern_never_raises(slice_text("bob\\")));
    assert_false(sql_pattern_never_raises(slice_text("bob\\\\\\")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_a_pattern_that_ends_in_a_lone_backslash_can_raise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
