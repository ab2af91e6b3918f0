/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalog/json.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"
#include "tests/policy/catalog/sample_rows.h"

static enum catalog_status read_text(const char *text, struct catalog **out, char *message,
                                     size_t cap)
{
    struct slice copy = guarded_copy(text, strlen(text));
    enum catalog_status status = catalog_from_json(copy, out, message, cap);
    guarded_free(copy);
    return status;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct catalog *c = sample_catalog();
    struct catalog *again = NULL;
    char message[256];
    char *text = catalog_to_json(c);
    assert_int_equal(read_text(text, &again, message, sizeof message), CATALOG_OK);
    char *text_again = catalog_to_json(again);
    assert_string_equal(text, text_again);
    assert_int_equal(catalog_find(again, "public", "events_2026")->kind, RELATION_PARTITION);
    assert_null(catalog_find(again, "public", "orders")->indexes[1].constraint_name);
    assert_int_equal(catalog_find(again, "public", "orders")->indexes[0].attnums[0], 3);
    free(text);
    free(text_again);
    catalog_free(&c);
    catalog_free(&again);
}

/* Every piece of a file that is cut or changed is refused, never half read. */
static void test_every_prefix_is_refused(void **state)
{
    (void)state;
    struct catalog *c = sample_catalog();
    char *text = catalog_to_json(c);
    size_t len = strlen(text);
    for (size_t cut = 0; cut < len; cut += 7) {
        struct catalog *none = NULL;
        char message[256];
        struct slice copy = guarded_copy(text, cut);
        assert_int_equal(catalog_from_json(copy, &none, message, sizeof message), CATALOG_WRONG);
        assert_null(none);
        assert_true(strncmp(message, "line ", 5) == 0);
        guarded_free(copy);
    }
    free(text);
    catalog_free(&c);
}

#define HEAD                                                                         \
    "\"format\": 2, \"server_version_num\": 150018, \"server_encoding\": \"UTF8\", " \
    "\"database\": \"a\", \"role\": \"b\", \"is_superuser\": false, \"bypasses_rls\": true"
#define RELATION(kind, columns, indexes)                                                     \
    "{\"schema\": \"s\", \"name\": \"t\", \"kind\": " kind                                   \
    ", \"is_inheritance_child\": false, \"has_children\": false, \"is_row_secure\": false, " \
    "\"columns\": " columns ", \"indexes\": " indexes "}"
#define FILE_WITH(relations, functions) \
    "{" HEAD ", \"relations\": [" relations "], \"functions\": [" functions "], \"types\": []}"
#define INDEX_OF(attnums)                                                                    \
    "[{\"name\": \"i\", \"is_unique\": true, \"is_exclusion\": false, \"has_expressions\": " \
    "false, "                                                                                \
    "\"is_partial\": false, \"constraint_name\": null, \"attnums\": " attnums "}]"

static const struct {
    const char *text;
    const char *message;
} wrong[] = {
    {"", "line 1, column 0: '[' or '{' expected"},
    {"[]", "not a catalogue: Expected object, got array"},
    {"{}", "not a catalogue: Object item not found: format"},
    {"{\"format\": 1, \"format\": 1}", "line 1, column 22: duplicate object key"},
    {"{" HEAD ", \"relations\": [], \"functions\": [], \"types\": [], \"more\": 1}",
     "not a catalogue: 1 object item(s) left unpacked: more"},
    {"{" HEAD ", \"relations\": [], \"functions\": []}",
     "not a catalogue: Object item not found: types"},
    {"{" HEAD ", \"relations\": [], \"functions\": [], \"types\": [{\"schema\": \"s\"}]}",
     "not a catalogue: Object item not found: name"},
    {"{" HEAD ", \"relations\": {}, \"functions\": [], \"types\": []}",
     "not a catalogue: a value is not"},
    {FILE_WITH("1", ""), "not a catalogue: Expected object, got integer"},
    {FILE_WITH(RELATION("\"tree\"", "[]", "[]"), ""), "not a catalogue: a value is not"},
    {FILE_WITH(RELATION("\"table\"", "1", "[]"), ""), "not a catalogue: a value is not"},
    {FILE_WITH(RELATION("\"table\"", "[1]", "[]"), ""), "not a catalogue: Expected object"},
    {FILE_WITH(RELATION("\"table\"", "[]", INDEX_OF("[]")), ""), "unexpected answer about indexes"},
    {FILE_WITH(RELATION("\"table\"", "[]", INDEX_OF("[-1]")), ""), "unexpected answer about ind"},
    {FILE_WITH(RELATION("\"table\"", "[]", INDEX_OF("[\"1\"]")), ""), "not a catalogue: a value"},
    {FILE_WITH(RELATION("\"table\"", "[]", INDEX_OF("1")), ""), "not a catalogue: a value is not"},
    {FILE_WITH(RELATION("\"table\"", "[]", "[]") "," RELATION("\"view\"", "[]", "[]"), ""),
     "the server named something twice"},
    {FILE_WITH("", "{\"schema\": \"s\"}"), "not a catalogue: Object item not found: name"},
    {FILE_WITH("", "{\"schema\": \"s\", \"name\": null}"), "not a catalogue: Expected string"},
};

static void test_wrong_files(void **state)
{
    (void)state;
    struct catalog *catalog = NULL;
    char message[256];
    assert_int_equal(read_text(FILE_WITH(RELATION("\"table\"", "[]", INDEX_OF("[1]")), ""),
                               &catalog, message, sizeof message),
                     CATALOG_OK);
    catalog_free(&catalog);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(read_text(wrong[i].text, &catalog, message, sizeof message),
                         CATALOG_WRONG);
        assert_null(catalog);
        if (strncmp(message, wrong[i].message, strlen(wrong[i].message)) != 0) {
            fail_msg("%s:\ngot %s\nexpected %s", wrong[i].text, message, wrong[i].message);
        }
    }
}

static void test_deep_nesting(void **state)
{
    (void)state;
    static char text[100000];
    memset(text, '[', sizeof text - 1);
    struct catalog *catalog = NULL;
    char message[256];
    assert_int_equal(read_text(text, &catalog, message, sizeof message), CATALOG_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_prefix_is_refused),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_deep_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
