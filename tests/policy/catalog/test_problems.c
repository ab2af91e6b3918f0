/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalog/problems.h"

#include <string.h>

#include "tests/cmocka_all.h"

static void test_order(void **state)
{
    (void)state;
    struct catalog_problems problems = {0};
    catalog_problems_sort(&problems);
    catalog_problems_add(&problems, false, "b", "%d", 2);
    catalog_problems_add(&problems, false, "b", "%d", 1);
    catalog_problems_add(&problems, true, "c", "x");
    catalog_problems_add(&problems, false, "a", "y");
    catalog_problems_sort(&problems);
    static const char *const expected[] = {"cx", "ay", "b1", "b2"};
    assert_int_equal(problems.num_items, 4);
    assert_int_equal(problems.num_errors, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(problems.items[i].object[0], expected[i][0]);
        assert_string_equal(problems.items[i].message, expected[i] + 1);
    }
    catalog_problems_fini(&problems);
    catalog_problems_fini(&problems);
}

static void test_each_is_one_line_of_bounded_length(void **state)
{
    (void)state;
    struct catalog_problems problems = {0};
    char longest[4096];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    catalog_problems_add(&problems, false, "a\tb\n", "\033[2J%s\177 \303\244", "\r");
    catalog_problems_add(&problems, false, longest, "%s", longest);
    assert_string_equal(problems.items[0].object, "a?b?");
    assert_string_equal(problems.items[0].message, "?[2J?? \303\244");
    assert_int_equal(strlen(problems.items[1].object), 1023);
    assert_int_equal(strlen(problems.items[1].message), 1023);
    catalog_problems_fini(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_each_is_one_line_of_bounded_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
