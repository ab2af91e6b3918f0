/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/scram_text.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

static const struct take_case {
    const char *text;
    const char *value; /* NULL: not taken */
    const char *left;
} take_cases[] = {
    {"r=abc", "abc", ""}, {"r=abc,s=x", "abc", "s=x"}, {"r=,s=x", "", "s=x"},
    {"r=", "", ""},       {"r=a=b,", NULL, NULL},      {"r=a=b,x", "a=b", "x"},
    {"", NULL, NULL},     {"r", NULL, NULL},           {"s=x", NULL, NULL},
    {"rabc", NULL, NULL}, {"r=,", NULL, NULL},         {",r=x", NULL, NULL},
};

static void test_attributes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof take_cases / sizeof take_cases[0]; i++) {
        const struct take_case *c = &take_cases[i];
        struct slice in = guarded_copy(c->text, strlen(c->text));
        struct slice left = in;
        struct slice value;
        assert_int_equal(scram_take(&left, 'r', &value), c->value != NULL);
        if (c->value != NULL) {
            assert_true(slice_equal(value, slice_text(c->value)));
            assert_true(slice_equal(left, slice_text(c->left)));
        } else {
            assert_int_equal(left.len, in.len);
        }
        guarded_free(in);
    }
    struct slice nul = slice_of("r=a\0b", 5);
    struct slice value;
    assert_false(scram_take(&nul, 'r', &value));
}

static void test_nonces(void **state)
{
    (void)state;
    char text[SCRAM_NONCE_MAX + 1];
    memset(text, '!', sizeof text);
    assert_true(scram_is_nonce(slice_of(text, SCRAM_NONCE_MAX)));
    assert_false(scram_is_nonce(slice_of(text, SCRAM_NONCE_MAX + 1)));
    assert_false(scram_is_nonce(slice_of(NULL, 0)));
    assert_true(scram_is_nonce(slice_text("~!=")));
    assert_false(scram_is_nonce(slice_text("a,b")));
    assert_false(scram_is_nonce(slice_text("a b")));
    assert_false(scram_is_nonce(slice_text("a\x7f")));
    assert_false(scram_is_nonce(slice_text("\xc3\xa4")));
    assert_false(scram_is_nonce(slice_of("a\0", 2)));
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t number;
    } samples[] = {
        {"1", 1},          {"4096", 4096},    {"2147483647", INT32_MAX},
        {"2147483648", 0}, {"", 0},           {"0", 0},
        {"01", 0},         {"9999999999", 0}, {"+1", 0},
        {"-1", 0},         {"1 ", 0},         {"99999999999999999999", 0},
        {"4096x", 0},      {"0x10", 0},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        assert_int_equal(scram_number(slice_text(samples[i].text)), samples[i].number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
