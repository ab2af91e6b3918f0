/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql/functions.h"

#include <string.h>

#include "tests/cmocka_all.h"

static const struct {
    const char *name;
    enum sql_function_class class;
} cases[] = {
    {"lower", SQL_FUNCTION_SAFE},
    {"octet_length", SQL_FUNCTION_SAFE},
    {"count", SQL_FUNCTION_SAFE},
    {"row_number", SQL_FUNCTION_SAFE},
    {"length", SQL_FUNCTION_RAISING},
    {"abs", SQL_FUNCTION_RAISING},
    {"random", SQL_FUNCTION_RAISING},
    {"replace", SQL_FUNCTION_RAISING},
    {"string_agg", SQL_FUNCTION_RAISING},
    {"generate_series", SQL_FUNCTION_RAISING},
    {"zzz", SQL_FUNCTION_UNKNOWN},
    {"", SQL_FUNCTION_UNKNOWN},
    {"LOWER", SQL_FUNCTION_UNKNOWN},
    {"current_setting", SQL_FUNCTION_SETTING},
    {"set_config", SQL_FUNCTION_SETTER},
    {"nextval", SQL_FUNCTION_SESSION},
    {"setseed", SQL_FUNCTION_SESSION},
    {"pg_notify", SQL_FUNCTION_SESSION},
    {"pg_advisory_lock", SQL_FUNCTION_SESSION},
    {"pg_try_advisory_xact_lock_shared", SQL_FUNCTION_SESSION},
    {"pg_sleep", SQL_FUNCTION_SESSION},
    {"lo_import", SQL_FUNCTION_SESSION},
    {"loread", SQL_FUNCTION_SESSION},
    {"pg_export_snapshot", SQL_FUNCTION_SESSION},
    {"query_to_xml", SQL_FUNCTION_LEAKS},
    {"table_to_xml_and_xmlschema", SQL_FUNCTION_LEAKS},
    {"database_to_xmlschema", SQL_FUNCTION_LEAKS},
    {"cursor_to_xml", SQL_FUNCTION_LEAKS},
    {"ts_stat", SQL_FUNCTION_LEAKS},
    {"ts_rewrite", SQL_FUNCTION_LEAKS},
    {"currtid2", SQL_FUNCTION_LEAKS},
    {"has_schema_privilege", SQL_FUNCTION_METADATA},
    {"pg_read_file", SQL_FUNCTION_LEAKS},
    {"pg_stat_get_activity", SQL_FUNCTION_LEAKS},
    {"pg_relation_size", SQL_FUNCTION_COUNTS},
    {"to_regclass", SQL_FUNCTION_METADATA},
    {"regclass", SQL_FUNCTION_LEAKS},
    {"pg_current_snapshot", SQL_FUNCTION_LEAKS},
    {"txid_current", SQL_FUNCTION_LEAKS},
    {"textin", SQL_FUNCTION_REFUSED},
    {"int4eq", SQL_FUNCTION_REFUSED},
    {"record_recv", SQL_FUNCTION_REFUSED},
};

static void test_classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum sql_function_class class = sql_function_classify(cases[i].name);
        if (class != cases[i].class) {
            fail_msg("%s is %d, not %d", cases[i].name, class, cases[i].class);
        }
        bool allowed = class == SQL_FUNCTION_SAFE || class == SQL_FUNCTION_RAISING;
        assert_int_equal(sql_function_is_allowed(cases[i].name), allowed);
        assert_int_equal(sql_function_never_raises(cases[i].name), class == SQL_FUNCTION_SAFE);
        assert_int_equal(sql_function_is_builtin(cases[i].name), class != SQL_FUNCTION_UNKNOWN);
        assert_int_equal(sql_function_reason(class)[0] == '\0', allowed);
    }
}

/* A binary search finds every row only if the table is sorted. */
static void test_every_row_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {
#define FUNCTION(name, class) name,
#include "policy/sql/functions.def"
#undef FUNCTION
    };
    size_t num_names = sizeof names / sizeof names[0];
    assert_true(num_names > 2600);
    for (size_t i = 0; i < num_names; i++) {
        assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
        assert_true(sql_function_is_builtin(names[i]));
    }
}

/* Nothing that a family is refused for slips in by a spelling nobody thought of. */
static void test_no_dangerous_family_is_allowed(void **state)
{
    (void)state;
    static const char *const dangerous[] = {
        "_to_xml", "pg_read", "pg_ls_", "pg_stat", "advisory", "lo_",      "binary_upgrade",
        "txid_",   "_size",   "wal",    "has_",    "backend",  "replicat", "pg_get_",
    };
    static const char *const names[] = {
#define FUNCTION(name, class) name,
#include "policy/sql/functions.def"
#undef FUNCTION
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; j < sizeof dangerous / sizeof dangerous[0]; j++) {
            bool is_known = strcmp(names[i], "pg_backend_pid") == 0 ||
                            strcmp(names[i], "pg_advisory_unlock_all") == 0;
            if (strstr(names[i], dangerous[j]) != NULL && !is_known &&
                sql_function_is_allowed(names[i])) {
                fail_msg("%s is allowed", names[i]);
            }
        }
    }
}

static void test_functions_that_take_a_row(void **state)
{
    (void)state;
    assert_true(sql_function_takes_row("row_to_json"));
    assert_true(sql_function_takes_row("pg_column_size"));
    assert_true(sql_function_takes_row("record_out"));
    assert_false(sql_function_takes_row("name"));
    assert_false(sql_function_takes_row("lower"));
    assert_false(sql_function_takes_row(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_that_take_a_row),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_every_row_is_found),
        cmocka_unit_test(test_no_dangerous_family_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
