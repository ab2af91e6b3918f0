/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/settings.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"

struct pair {
    const char *name;
    const char *value;
};

static enum setting_status add(struct settings_wish *wish, const char *name, const char *value)
{
    return settings_wish_add(wish, false, slice_text(name), slice_text(value));
}

static struct settings *intern(struct settings_table *table, const struct pair *pairs, size_t count)
{
    struct settings_wish wish = {.first = NULL};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(add(&wish, pairs[i].name, pairs[i].value), SETTING_TAKEN);
    }
    struct settings *s = settings_intern(table, &wish);
    settings_wish_fini(&wish);
    return s;
}

static void assert_change(const struct settings *from, const struct settings *to,
                          const char *expected)
{
    static uint8_t memory[SETTINGS_CHANGE_MAX];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice written;
    settings_write_change(from, to, &w);
    assert_true(writer_done(&w, &written));
    assert_int_equal(written.len, slice_text(expected).len);
    assert_memory_equal(written.ptr, expected, written.len);
}

static void test_what_clients_may_set(void **state)
{
    (void)state;
    static const struct {
        struct pair setting;
        enum setting_status expected;
    } cases[] = {
        {{"application_name", "x"}, SETTING_TAKEN},
        {{"TimeZone", "UTC"}, SETTING_TAKEN},
        {{"client_encoding", "utf-8"}, SETTING_TAKEN},
        {{"client_encoding", "'utf-8'"}, SETTING_TAKEN}, /* as asyncpg writes it */
        {{"client_encoding", "LATIN1"}, SETTING_WRONG},
        {{"client_encoding", ""}, SETTING_WRONG},
        {{"standard_conforming_strings", "off"}, SETTING_REFUSED},
        {{"search_path", "public"}, SETTING_REFUSED},
        {{"SEARCH_PATH", "public"}, SETTING_REFUSED},
        {{"role", "postgres"}, SETTING_REFUSED},
        {{"row_security", "on"}, SETTING_REFUSED},
        {{"transaction_isolation", "serializable"}, SETTING_REFUSED},
        {{"ringfence.tenant", "x"}, SETTING_REFUSED},
        {{"", "x"}, SETTING_REFUSED},
        {{"DateStyle", "ISO\n"}, SETTING_WRONG},
        {{"DateStyle", "\xc3\xa4"}, SETTING_WRONG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings_wish wish = {.first = NULL};
        assert_int_equal(add(&wish, cases[i].setting.name, cases[i].setting.value),
                         cases[i].expected);
        settings_wish_fini(&wish);
    }
}

static void test_lengths_and_numbers_have_limits(void **state)
{
    (void)state;
    struct settings_wish wish = {.first = NULL};
    char value[SETTING_VALUE_MAX + 1];
    memset(value, 'x', sizeof value);
    struct slice name = slice_text("application_name");
    assert_int_equal(settings_wish_add(&wish, false, name, slice_of(value, SETTING_VALUE_MAX - 1)),
                     SETTING_TAKEN);
    assert_int_equal(settings_wish_add(&wish, false, name, slice_of(value, SETTING_VALUE_MAX)),
                     SETTING_WRONG);
    assert_int_equal(
        settings_wish_add(&wish, false, slice_of(value, SETTING_NAME_MAX), slice_text("")),
        SETTING_REFUSED);
    settings_wish_fini(&wish);
}

static void test_equal_sets_are_one(void **state)
{
    (void)state;
    struct settings_table table = {.key = {.k0 = 3, .k1 = 4}};
    const struct pair forth[] = {{"timezone", "UTC"}, {"Application_Name", "a"}};
    const struct pair back[] = {
        {"application_name", "b"}, {"TIMEZONE", "UTC"}, {"application_name", "a"}};
    struct settings *a = intern(&table, forth, 2);
    struct settings *b = intern(&table, back, 3);
    struct settings *none = intern(&table, NULL, 0);
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, none);
    assert_string_equal(settings_value(a, slice_text("TimeZone")), "UTC");
    assert_null(settings_value(a, slice_text("DateStyle")));
    settings_unref(&table, &a);
    settings_unref(&table, &b);
    settings_unref(&table, &none);
    assert_null(table.sets);
}

static void test_change_from_one_to_another(void **state)
{
    (void)state;
    struct settings_table table = {.key = {.k0 = 3, .k1 = 4}};
    const struct pair one[] = {{"timezone", "UTC"}, {"datestyle", "ISO, DMY"}};
    const struct pair two[] = {{"timezone", "UTC"}, {"application_name", "Bob's \\ \"app\"\n"}};
    struct settings *none = intern(&table, NULL, 0);
    struct settings *a = intern(&table, one, 2);
    struct settings *b = intern(&table, two, 2);
    assert_change(a, a, "");
    assert_change(none, a, "SET datestyle = 'ISO, DMY';SET timezone = 'UTC';");
    assert_change(a, b, "SET application_name = 'Bob''s \\ \"app\"?';RESET datestyle;");
    assert_change(b, none, "RESET application_name;RESET timezone;");
    settings_unref(&table, &none);
    settings_unref(&table, &a);
    settings_unref(&table, &b);
}

static void test_meaning_leaves_out_what_does_not_matter(void **state)
{
    (void)state;
    struct settings_table table = {.key = {.k0 = 3, .k1 = 4}};
    const struct pair plain[] = {{"application_name", "x"}, {"extra_float_digits", "3"}};
    const struct pair other[] = {{"application_name", "x"}, {"datestyle", "SQL"}};
    struct settings *none = intern(&table, NULL, 0);
    struct settings *a = intern(&table, plain, 2);
    struct settings *b = intern(&table, other, 2);
    assert_true(settings_meaning(none) == settings_meaning(a));
    assert_false(settings_meaning(none) == settings_meaning(b));
    settings_unref(&table, &none);
    settings_unref(&table, &a);
    settings_unref(&table, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_clients_may_set),
        cmocka_unit_test(test_lengths_and_numbers_have_limits),
        cmocka_unit_test(test_equal_sets_are_one),
        cmocka_unit_test(test_change_from_one_to_another),
        cmocka_unit_test(test_meaning_leaves_out_what_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
