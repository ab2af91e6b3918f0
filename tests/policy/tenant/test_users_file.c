/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tenant/users_file.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

/* RFC 7677's example: password "pencil", salt W22ZaJ0SNY7soEsUEjb6gQ==, 4096 iterations. */
#define SCRAM                                       \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"  \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:" \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
/* SHA-256 of "secret" */
#define SHA "#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

static struct users *parse(const char *text)
{
    struct users *users = NULL;
    struct config_error error;
    struct slice copy = guarded_copy(text, strlen(text));
    if (users_parse(copy, "users.txt", &users, &error) != CONFIG_OK) {
        char shown[1024];
        config_error_print(&error, shown, sizeof shown);
        fail_msg("refused: %s", shown);
    }
    guarded_free(copy);
    return users;
}

static void test_both_forms(void **state)
{
    (void)state;
    struct users *users = parse("# who may log in\n"
                                "\n"
                                "\"app.globex\" \"" SHA "\"\r\n"
                                "  \"app.acme\"\t\"" SCRAM "\"   # ours\n"
                                "\"a \"\"b\"\" # c\" \"" SHA "\"");
    assert_int_equal(users_count(users), 3);
    const struct user_secret *acme = users_find(users, slice_text("app.acme"));
    assert_int_equal(acme->kind, USER_SECRET_SCRAM_SHA_256);
    assert_int_equal(acme->iterations, 4096);
    assert_int_equal(acme->salt_len, 16);
    assert_int_equal(acme->salt[0], 0x5b);
    assert_int_equal(acme->stored_key[0], 0x58);
    assert_int_equal(acme->server_key[31], 0xd5);
    const struct user_secret *globex = users_find(users, slice_text("app.globex"));
    assert_int_equal(globex->kind, USER_SECRET_SHA_256);
    assert_int_equal(globex->sha256[0], 0x2b);
    assert_int_equal(globex->sha256[31], 0x5b);
    assert_non_null(users_find(users, slice_text("a \"b\" # c")));
    static const char *const unknown[] = {"", "app", "app.acm", "app.acmee", "APP.ACME", "z", "a"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_null(users_find(users, slice_text(unknown[i])));
    }
    assert_null(users_find(users, slice_of("app.acme\0", 9)));
    users_free(&users);
    assert_null(users);
}

static void test_md5(void **state)
{
    (void)state;
    struct users *users = parse("\"app\" \"md56a422f785c9e20873908ce25d1736ae2\"");
    const struct user_secret *app = users_find(users, slice_text("app"));
    assert_int_equal(app->kind, USER_SECRET_MD5);
    assert_memory_equal(app->md5, "6a422f785c9e20873908ce25d1736ae2", MD5_HEX_LEN);
    users_free(&users);
}

static void test_empty(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# nothing", "   \r\n#x\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct users *users = parse(texts[i]);
        assert_int_equal(users_count(users), 0);
        assert_null(users_find(users, slice_text("app.acme")));
        users_free(&users);
    }
}

#define NAME_256                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEYS                                        \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:" \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static const struct wrong {
    const char *text;
    const char *expected;
} wrongs[] = {
    {"app.acme secret\n", "users.txt:1:1: expected \"name\""},
    {"\n  x\n", "users.txt:2:3: expected \"name\""},
    {"\"\" \"" SHA "\"", "users.txt:1:1: expected \"name\""},
    {"\"" NAME_256 "\" \"" SHA "\"", "users.txt:1:1: expected \"name\""},
    {"\"a", "users.txt:1:1: expected a closing quote"},
    {"\"a\n\" \"" SHA "\"", "users.txt:1:1: expected a closing quote"},
    {"\"a\"\n", "users.txt:1:4: expected \"secret\""},
    {"\"a\" md5\n", "users.txt:1:5: expected \"secret\""},
    {"\"a\" \"\"\n", "users.txt:1:5: expected \"secret\""},
    {"\"a\" \"password\"\n", "users.txt:1:5: expected SCRAM-SHA-256$"},
    {"\"a\" \"md5a3556571e93b0d20722ba62be61e8c2g\"", "users.txt:1:5: expected SCRAM-SHA-256$"},
    {"\"a\" \"#2bb8\"", "users.txt:1:5: expected SCRAM-SHA-256$"},
    {"\"a\" \"#2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B\"",
     "users.txt:1:5: expected SCRAM-SHA-256$"},
    {"\"a\" \"SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$" KEYS "\"", "users.txt:1:5: expected"},
    {"\"a\" \"SCRAM-SHA-256$4095:W22ZaJ0SNY7soEsUEjb6gQ==$" KEYS "\"", "users.txt:1:5: expected"},
    {"\"a\" \"SCRAM-SHA-256$1000001:W22ZaJ0SNY7soEsUEjb6gQ==$" KEYS "\"", "users.txt:1:5: expec"},
    {"\"a\" \"SCRAM-SHA-256$:W22ZaJ0SNY7soEsUEjb6gQ==$" KEYS "\"", "users.txt:1:5: expected"},
    {"\"a\" \"SCRAM-SHA-256$99999999999999999999:W22ZaJ0SNY7soEsUEjb6gQ==$" KEYS "\"",
     "users.txt:1:5: expected"},
    {"\"a\" \"SCRAM-SHA-256$4096:$" KEYS "\"", "users.txt:1:5: expected SCRAM-SHA-256$"},
    {"\"a\" \"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:WG5d\"", "users.txt:1:5: expected"},
    {"\"a\" \"" SCRAM "A\"", "users.txt:1:5: expected SCRAM-SHA-256$"},
    {"\"a\" \"" SHA "\" x\n", "users.txt:1:73: expected the end of the line"},
    {"\"a\" \"" SHA "\"\n\"b\" \"" SHA "\"\n\"a\" \"" SHA "\"\n",
     "users.txt:3:1: that name is there twice"},
};

static void test_wrong_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct users *users = NULL;
        struct config_error error;
        char shown[1024];
        struct slice copy = guarded_copy(wrongs[i].text, strlen(wrongs[i].text));
        assert_int_equal(users_parse(copy, "users.txt", &users, &error), CONFIG_WRONG);
        assert_null(users);
        config_error_print(&error, shown, sizeof shown);
        if (strncmp(shown, wrongs[i].expected, strlen(wrongs[i].expected)) != 0) {
            fail_msg("got %s\nexpected %s\nfor %s", shown, wrongs[i].expected, wrongs[i].text);
        }
        guarded_free(copy);
    }
}

static void test_every_prefix(void **state)
{
    (void)state;
    static const char text[] = "\"app.acme\" \"" SCRAM "\" # x\n\"b\"\"\" \"" SHA "\"\r\n";
    for (size_t len = 0; len < sizeof text; len++) {
        struct users *users = NULL;
        struct config_error error;
        struct slice copy = guarded_copy(text, len);
        enum config_status status = users_parse(copy, "u", &users, &error);
        assert_int_equal(status == CONFIG_OK, users != NULL);
        users_free(&users);
        guarded_free(copy);
    }
}

static void test_no_such_file(void **state)
{
    (void)state;
    struct users *users = NULL;
    struct config_error error;
    char shown[1024];
    assert_int_equal(users_load("/nonexistent/users.txt", &users, &error), CONFIG_WRONG);
    config_error_print(&error, shown, sizeof shown);
    assert_string_equal(shown, "/nonexistent/users.txt: cannot be read: No such file or directory");
    assert_int_equal(users_load("/dev/null", &users, &error), CONFIG_WRONG);
    assert_string_equal(error.message, "cannot be read: not a regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_forms),   cmocka_unit_test(test_md5),
        cmocka_unit_test(test_empty),        cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_no_such_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
