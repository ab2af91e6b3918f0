/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config/values.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/address.h"
#include "tests/cmocka_all.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

static void test_sizes_and_durations(void **state)
{
    (void)state;
    static const struct value_rule size = {VALUE_SIZE, 1, UINT64_C(8) << 30, NULL};
    static const struct value_rule duration = {VALUE_DURATION, 1, UINT64_C(3600000000), NULL};
    static const struct {
        const char *text;
        uint64_t value;
        bool is_size;
    } good[] = {{"1B", 1, true},
                {"64KiB", 65536, true},
                {"8GiB", UINT64_C(8) << 30, true},
                {"1024B", 1024, true},
                {"1us", 1, false},
                {"250ms", 250000, false},
                {"007s", 7000000, false},
                {"60m", UINT64_C(3600000000), false},
                {"1h", UINT64_C(3600000000), false}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t bytes = 0;
        int64_t microseconds = 0;
        bool fits = good[i].is_size ? value_parse(&size, good[i].text, &bytes)
                                    : value_parse(&duration, good[i].text, &microseconds);
        assert_true(fits);
        assert_int_equal(good[i].is_size ? bytes : (uint64_t)microseconds, good[i].value);
    }
    static const char *const wrong[] = {"",
                                        "0B",
                                        "1",
                                        "B",
                                        "1 B",
                                        "1b",
                                        "1K",
                                        "1KB",
                                        "+1B",
                                        "-1B",
                                        "1.5B",
                                        "0x1B",
                                        "9GiB",
                                        "1BB",
                                        "18446744073709551616B",
                                        "36893488147419103232GiB",
                                        "1s"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t bytes = 42;
        assert_false(value_parse(&size, wrong[i], &bytes));
        assert_int_equal(bytes, 42);
    }
}

static void test_counts_choices_and_switches(void **state)
{
    (void)state;
    static const struct value_rule count = {VALUE_COUNT, 2, 5, NULL};
    static const struct value_rule or_auto = {VALUE_COUNT_AUTO, 1, 5, NULL};
    static const struct value_rule choice = {VALUE_CHOICE, 0, 0, colours};
    static const struct value_rule yes_no = {VALUE_BOOL, 0, 0, NULL};
    uint32_t number = 9;
    unsigned colour = 9;
    bool flag = false;
    char text[128];
    assert_true(value_parse(&count, "2", &number) && value_parse(&count, "5", &number));
    assert_false(value_parse(&count, "1", &number) || value_parse(&count, "6", &number) ||
                 value_parse(&count, "auto", &number) || value_parse(&count, "3s", &number) ||
                 value_parse(&count, "4294967299", &number));
    assert_int_equal(number, 5);
    assert_true(value_parse(&or_auto, "auto", &number));
    assert_int_equal(number, 0);
    assert_true(value_print(&or_auto, &number, text, sizeof text));
    assert_string_equal(text, "auto");
    assert_false(value_parse(&or_auto, "0", &number));
    assert_true(value_parse(&choice, "blue", &colour));
    assert_int_equal(colour, 2);
    assert_false(value_parse(&choice, "", &colour) || value_parse(&choice, "Blue", &colour));
    value_describe(&choice, text, sizeof text);
    assert_string_equal(text, "red, green or blue");
    assert_true(value_parse(&yes_no, "true", &flag) && flag);
    assert_false(value_parse(&yes_no, "yes", &flag) || value_parse(&yes_no, "1", &flag));
}

static void test_texts(void **state)
{
    (void)state;
    static const struct value_rule name = {VALUE_NAME, 0, 0, NULL};
    static const struct value_rule text = {VALUE_TEXT, 2, 4, NULL};
    static const struct value_rule identifier = {VALUE_IDENTIFIER, 0, 0, NULL};
    char *field = NULL;
    static const char *const wrong_names[] = {"", "A", "a b", "a.b", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof wrong_names / sizeof wrong_names[0]; i++) {
        assert_false(value_parse(&name, wrong_names[i], &field));
        assert_null(field);
    }
    assert_true(value_parse(&name, "app-pg_1", &field));
    free(field);
    assert_true(value_parse(&text, "1234", &field));
    free(field);
    field = NULL;
    assert_false(value_parse(&text, "1", &field) || value_parse(&text, "12345", &field));
    char long_name[65];
    memset(long_name, 'a', sizeof long_name);
    long_name[64] = '\0';
    assert_false(value_parse(&identifier, long_name, &field));
    assert_true(value_parse(&identifier, long_name + 1, &field));
    free(field);
}

static const struct {
    const char *text;
    bool is_bind;
    bool is_endpoint;
    bool is_local;
} addresses[] = {
    {"127.0.0.1:6432", true, true, true},
    {"127.255.0.9:1", true, true, true},
    {"0.0.0.0:65535", true, true, false},
    {"10.0.0.1:5432", true, true, false},
    {"[::1]:5432", true, true, true},
    {"[::]:5432", true, true, false},
    {"[2001:db8::1]:5432", true, true, false},
    {"[1:2:3:4:5:6:7:8]:1", true, true, false},
    {"[0:0:0:0:0:0:0:1]:1", true, true, false}, /* loopback, but not seen to be: the safe side */
    {"unix:/run/x.sock", true, true, true},
    {"db:5432", false, true, false},
    {"db-1.internal_x:5432", false, true, false},
    {"localhost:5432", false, true, false},
    {"127.0.0.1.example:1", false, true, false},
    {"127.db:1", false, true, false},
    {"", false, false, false},
    {"db", false, false, false},
    {":5432", false, false, false},
    {"db:", false, false, false},
    {"db:0", false, false, false},
    {"db:05", false, false, false},
    {"db:65536", false, false, false},
    {"db:5432x", false, false, false},
    {"db :5432", false, false, false},
    {"-db:1", false, false, false},
    {"db-:1", false, false, false},
    {"a..b:1", false, false, false},
    {"db.:1", false, false, false},
    {"127.0.0.256:1", false, false, false},
    {"127.0.0:1", false, false, false},
    {"127.0.0.01:1", false, false, false},
    {"1.2.3.4.5:1", false, false, false},
    {"::1:5432", false, false, false},
    {"[::1]", false, false, false},
    {"[]:1", false, false, false},
    {"[:]:1", false, false, false},
    {"[:1]:1", false, false, false},
    {"[1:]:1", false, false, false},
    {"[1::2::3]:1", false, false, false},
    {"[:::]:1", false, false, false},
    {"[12345::]:1", false, false, false},
    {"[1:2:3:4:5:6:7]:1", false, false, false},
    {"[1:2:3:4:5:6:7:8:9]:1", false, false, false},
    {"[1:2:3:4:5:6:7::8]:1", false, false, false},
    {"[::ffff:127.0.0.1]:1", false, false, false},
    {"[::1%lo]:1", false, false, false},
    {"unix:", false, false, false},
    {"unix:/", false, false, false},
    {"unix:run/x", false, false, false},
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct config_address address = {0};
        bool is_bind = address_parse_bind(addresses[i].text, &address);
        address_fini(&address);
        bool is_endpoint = address_parse_endpoint(addresses[i].text, &address);
        bool is_local = is_endpoint && address_is_local(&address);
        address_fini(&address);
        if (is_bind != addresses[i].is_bind || is_endpoint != addresses[i].is_endpoint ||
            is_local != addresses[i].is_local) {
            fail_msg("%s: %d %d %d", addresses[i].text, is_bind, is_endpoint, is_local);
        }
    }
    char path[120] = "unix:/";
    memset(path + 6, 'a', 107);
    struct config_address address = {0};
    assert_false(address_parse_bind(path, &address)); /* one longer than sun_path takes */
    path[5 + 107] = '\0';
    assert_true(address_parse_bind(path, &address));
    address_fini(&address);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_durations),
        cmocka_unit_test(test_counts_choices_and_switches),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
