/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/redis/prefix.h"

#include <string.h>

#include "tests/cmocka_all.h"

static void test_templates_that_keep_tenants_apart(void **state)
{
    (void)state;
    static const char *const good[] = {"{tenant}:", "t/{tenant}/", "app:{tenant}:v1-x",
                                       "{tenant}#"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(redis_prefix_template_is_valid(slice_text(good[i])));
    }
}

/* Of each, two tenants' prefixes could begin one another, or a byte has a meaning of its own. */
static void test_templates_that_do_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ":",
        "{tenant}",
        "{tenant}-",
        "{tenant}.",
        "{tenant}_",
        "{tenant}x",
        "{tenant}0:",
        "{tenant}{tenant}:",
        "{tenant}*",
        "{tenant}?:",
        "{tenant}[:",
        "{tenant}\\:",
        "{{tenant}}:",
        "{tenant}:*",
        "*{tenant}:",
        "{tenant}: ",
        "{tenant}:\r\n",
        "{tenant",
        "tenant:",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{tenant}:",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(redis_prefix_template_is_valid(slice_text(bad[i])));
    }
    assert_false(redis_prefix_template_is_valid(slice_of("{tenant}:\0", 10)));
}

static void test_fills_in_the_tenant(void **state)
{
    (void)state;
    struct redis_prefix prefix;
    assert_true(redis_prefix_init(&prefix, slice_text("a/{tenant}:b"), slice_text("acme-1.x_y")));
    assert_true(slice_equal(redis_prefix_bytes(&prefix), slice_text("a/acme-1.x_y:b")));
    char id[65];
    memset(id, 'a', sizeof id);
    assert_true(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_of(id, 63)));
    assert_false(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_of(id, 64)));
    assert_false(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_of(id, 0)));
    assert_false(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_text("a:b")));
    assert_false(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_text("A")));
    assert_false(redis_prefix_init(&prefix, slice_text("{tenant}"), slice_text("a")));
}

static void test_globs_are_escaped(void **state)
{
    (void)state;
    uint8_t memory[32];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice text = slice_text("a*b?c[d]e\\f^g-h");
    redis_write_glob(&w, text);
    struct slice out;
    assert_true(writer_done(&w, &out));
    assert_true(slice_equal(out, slice_text("a\\*b\\?c\\[d\\]e\\\\f\\^g-h")));
    assert_int_equal(redis_glob_len(text), out.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_templates_that_keep_tenants_apart),
        cmocka_unit_test(test_templates_that_do_not),
        cmocka_unit_test(test_fills_in_the_tenant),
        cmocka_unit_test(test_globs_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
