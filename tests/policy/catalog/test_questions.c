/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalog/questions.h"

#include <stdlib.h>
#include <string.h>

#include "policy/catalog/query_text.h"
#include "tests/cmocka_all.h"

static void test_values_are_constants(void **state)
{
    (void)state;
    char texts[][16] = {"a", "it's", "{column}", "\\"};
    char *items[] = {texts[0], texts[1], texts[2], texts[3]};
    const struct query_hole holes[] = {{"{column}", query_text_constant("'; \\")},
                                       {"{list}", query_text_array(items, 4)},
                                       {"{none}", query_text_array(NULL, 0)}};
    char *text = query_text_fill("{list} {column} {none} {other} {", holes, 3);
    assert_string_equal(text, "ARRAY[E'a', E'it''s', E'{column}', E'\\\\']::pg_catalog.text[] "
                              "E'''; \\\\' ARRAY[]::pg_catalog.text[] {other} {");
    free(text);
    for (size_t i = 0; i < 3; i++) {
        free(holes[i].value);
    }
}

/* No hole is left, and no operator that a search path decides. */
static void test_every_question_is_filled_in(void **state)
{
    (void)state;
    char schema[] = "public";
    char *schemas[] = {schema};
    char column[] = "tenant_id";
    const struct config_row row = {
        .is_set = true, .column = column, .schemas = schemas, .num_schemas = 1};
    assert_true(catalog_question_count() > 0);
    for (size_t i = 0; i < catalog_question_count(); i++) {
        char *text = catalog_question_text(i, &row);
        assert_null(strchr(text, '{'));
        assert_null(strstr(text, " = "));
        assert_null(strstr(text, " <> "));
        assert_null(strstr(text, " || "));
        assert_non_null(strstr(text, "pg_catalog."));
        free(text);
    }
}

static void test_answers(void **state)
{
    (void)state;
    struct catalog_problems problems = {0};
    const struct slice row[] = {slice_text("t"), slice_text("public.x"), slice_text("it is odd")};
    const struct slice nothing[] = {slice_of(NULL, 0), slice_of(NULL, 0), slice_of(NULL, 0)};
    const struct slice half[] = {slice_text("f"), slice_of(NULL, 0), slice_of(NULL, 0)};
    assert_false(catalog_question_take(0, row, 2, &problems));
    assert_false(catalog_question_take(0, nothing, 3, &problems));
    assert_false(catalog_question_take(0, half, 3, &problems));
    assert_int_equal(problems.num_items, 0);
    assert_true(catalog_question_take(0, row, 3, &problems));
    assert_int_equal(problems.num_errors, 1);
    assert_string_equal(problems.items[0].object, "public.x");
    assert_string_equal(problems.items[0].message, "it is odd; put the tenant column into the key");
    catalog_problems_fini(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_constants),
        cmocka_unit_test(test_every_question_is_filled_in),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
