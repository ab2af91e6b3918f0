/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql/settings.h"

#include "tests/cmocka_all.h"

static void test_changing(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
        enum sql_setting_verdict verdict;
    } cases[] = {
        {"statement_timeout", "5s", SQL_SETTING_ALLOWED},
        {"STATEMENT_Timeout", NULL, SQL_SETTING_ALLOWED},
        {"DateStyle", NULL, SQL_SETTING_ALLOWED},
        {"timezone", "UTC", SQL_SETTING_ALLOWED},
        {"client_encoding", "UTF8", SQL_SETTING_ALLOWED},
        {"client_encoding", "utf-8", SQL_SETTING_ALLOWED},
        {"client_encoding", "SJIS", SQL_SETTING_BAD_VALUE},
        {"client_encoding", "UTF8x", SQL_SETTING_BAD_VALUE},
        {"client_encoding", "", SQL_SETTING_BAD_VALUE},
        {"client_encoding", NULL, SQL_SETTING_BAD_VALUE},
        {"standard_conforming_strings", "ON", SQL_SETTING_ALLOWED},
        {"standard_conforming_strings", "off", SQL_SETTING_REFUSED},
        {"standard_conforming_strings", NULL, SQL_SETTING_REFUSED},
        {"client_min_messages", "warning", SQL_SETTING_ALLOWED},
        {"client_min_messages", "debug5", SQL_SETTING_BAD_VALUE},
        {"client_min_messages", "log", SQL_SETTING_BAD_VALUE},
        {"search_path", "tenant_t2", SQL_SETTING_REFUSED},
        {"role", "postgres", SQL_SETTING_REFUSED},
        {"session_authorization", "postgres", SQL_SETTING_REFUSED},
        {"row_security", "off", SQL_SETTING_REFUSED},
        {"app.tenant", "t2", SQL_SETTING_REFUSED},
        {"APP.TENANT", "t2", SQL_SETTING_REFUSED},
        {"backslash_quote", "on", SQL_SETTING_REFUSED},
        {"transform_null_equals", "on", SQL_SETTING_REFUSED},
        {"cpu_operator_cost", "0", SQL_SETTING_REFUSED},
        {"session_replication_role", "replica", SQL_SETTING_REFUSED},
        {"server_version", "16", SQL_SETTING_REFUSED},
        {"all", NULL, SQL_SETTING_REFUSED},
        {"", NULL, SQL_SETTING_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (sql_setting_check_set(cases[i].name, cases[i].value) != cases[i].verdict) {
            fail_msg("%s = %s", cases[i].name, cases[i].value ? cases[i].value : "DEFAULT");
        }
    }
}

static void test_reading(void **state)
{
    (void)state;
    assert_true(sql_setting_may_read("server_version"));
    assert_true(sql_setting_may_read("Transaction_Isolation"));
    assert_true(sql_setting_may_read("app.tenant"));
    assert_true(sql_setting_may_read("search_path"));
    assert_false(sql_setting_may_read("data_directory"));
    assert_false(sql_setting_may_read("hba_file"));
    assert_false(sql_setting_may_read("all"));
    assert_false(sql_setting_may_read(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changing),
        cmocka_unit_test(test_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
