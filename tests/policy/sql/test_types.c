/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql/types.h"

#include "tests/cmocka_all.h"

static void test_allowed_and_their_arrays(void **state)
{
    (void)state;
    static const char *const names[] = {"int4",   "text",      "char",  "_text", "uuid", "jsonb",
                                        "bpchar", "tstzrange", "point", "_int8", "xml"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(sql_type_is_allowed(names[i]));
        assert_true(sql_type_is_builtin(names[i]));
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"regclass", "_regclass", "regproc", "oid",     "xid8",
                                        "tid",      "record",    "_record", "cstring", "void",
                                        "aclitem",  "refcursor", "pg_lsn",  "internal"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(sql_type_is_allowed(names[i]));
        assert_true(sql_type_is_builtin(names[i]));
    }
}

static void test_unknown(void **state)
{
    (void)state;
    static const char *const names[] = {"", "_", "__text", "TEXT", "orders", "pg_class", "_orders"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(sql_type_is_allowed(names[i]));
        assert_false(sql_type_is_builtin(names[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed_and_their_arrays),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
