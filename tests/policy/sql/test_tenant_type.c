/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cmocka_all.h"

#include <string.h>

#include "policy/sql/tenant_type.h"

enum { INT8 = 20, INT4 = 23, TEXT = 25, VARCHAR = 1043, UUID = 2950, NUMERIC = 1700 };

#define UUID_TEXT "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"

static void text_forms(void **state)
{
    static const struct {
        uint32_t oid;
        const char *value;
        const char *tenant;
        bool is_equal;
    } cases[] = {
        {TEXT, "acme", "acme", true},
        {TEXT, "acme", "acm", false},
        {TEXT, "acm", "acme", false},
        {TEXT, "ACME", "acme", false},
        {TEXT, "", "acme", false},
        {TEXT, "acme ", "acme", false},
        {VARCHAR, "acme", "acme", true},
        {INT8, "42", "42", true},
        {INT8, "042", "42", true},
        {INT8, "-42", "42", false},
        {INT8, "43", "42", false},
        {INT8, "42x", "42", false},
        {INT8, "", "42", false},
        {INT8, "-", "42", false},
        {INT8, "9999999999999999999", "42", false},
        {INT8, "42", "acme", false},
        {UUID, UUID_TEXT, UUID_TEXT, true},
        {UUID, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", UUID_TEXT, true},
        {UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12", UUID_TEXT, false},
        {UUID, "a0eebc999c0b4ef8bb6d6bb9bd380a11", UUID_TEXT, false},
        {UUID, "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", UUID_TEXT, false},
        {UUID, UUID_TEXT, "acme", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_equal =
            sql_tenant_equals_text(sql_tenant_type_find(cases[i].oid), slice_text(cases[i].value),
                                   slice_text(cases[i].tenant));
        if (is_equal != cases[i].is_equal) {
            fail_msg("%s as %s", cases[i].value, cases[i].tenant);
        }
    }
}

static void binary_forms(void **state)
{
    (void)state;
    const struct sql_tenant_type *integer = sql_tenant_type_find(INT8);
    const struct sql_tenant_type *uuid = sql_tenant_type_find(UUID);
    static const uint8_t eight[] = {0, 0, 0, 0, 0, 0, 0, 42};
    static const uint8_t four[] = {0, 0, 0, 42};
    static const uint8_t negative[] = {0xFF, 0xFF, 0xFF, 0xFE};
    static const uint8_t three[] = {0, 0, 42};
    assert_true(sql_tenant_equals_binary(integer, slice_of(eight, 8), slice_text("42")));
    assert_true(sql_tenant_equals_binary(integer, slice_of(four, 4), slice_text("42")));
    assert_true(sql_tenant_equals_binary(integer, slice_of(negative, 4), slice_text("-2")));
    assert_false(sql_tenant_equals_binary(integer, slice_of(three, 3), slice_text("42")));
    assert_false(sql_tenant_equals_binary(integer, slice_of(eight, 8), slice_text("43")));
    assert_false(sql_tenant_equals_binary(integer, slice_of(NULL, 0), slice_text("43")));
    static const uint8_t bytes[] = {0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8,
                                    0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11};
    assert_true(sql_tenant_equals_binary(uuid, slice_of(bytes, 16), slice_text(UUID_TEXT)));
    assert_true(sql_tenant_equals_binary(uuid, slice_text(UUID_TEXT), slice_text(UUID_TEXT)));
    assert_false(sql_tenant_equals_binary(uuid, slice_of(bytes, 15), slice_text(UUID_TEXT)));
    const struct sql_tenant_type *text = sql_tenant_type_find(TEXT);
    assert_true(sql_tenant_equals_binary(text, slice_text("acme"), slice_text("acme")));
    assert_false(sql_tenant_equals_binary(text, slice_text("acmE"), slice_text("acme")));
}

static void declared_types(void **state)
{
    (void)state;
    const struct sql_tenant_type *uuid = sql_tenant_type_find(UUID);
    assert_null(sql_tenant_type_find(NUMERIC));
    assert_true(sql_tenant_type_accepts(uuid, 0));
    assert_true(sql_tenant_type_accepts(uuid, UUID));
    assert_true(sql_tenant_type_accepts(uuid, TEXT));
    assert_false(sql_tenant_type_accepts(uuid, INT4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_forms),
        cmocka_unit_test(binary_forms),
        cmocka_unit_test(declared_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
