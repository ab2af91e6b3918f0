/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/startup.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

#define BYTES(text) text, sizeof(text) - 1
#define V3          "\0\3\0\0"

static const struct startup_case {
    const char *bytes;
    size_t len;
    enum pg_status status;
    enum pg_startup_kind kind;
    const char *user;
    const char *database;
} cases[] = {
    {BYTES(V3 "user\0app.acme\0database\0app\0\0"), PG_OK, PG_STARTUP_SESSION, "app.acme", "app"},
    {BYTES(V3 "user\0app\0\0"), PG_OK, PG_STARTUP_SESSION, "app", "app"},
    {BYTES(V3 "user\0app\0database\0\0\0"), PG_OK, PG_STARTUP_SESSION, "app", "app"},
    {BYTES("\0\3\0\2user\0app\0\0"), PG_OK, PG_STARTUP_SESSION, "app", "app"},
    {BYTES("\0\3\x27\x0fuser\0app\0_pq_.x\0on\0\0"), PG_OK, PG_STARTUP_SESSION, "app", "app"},
    {BYTES("\x04\xd2\x16\x2f"), PG_OK, PG_STARTUP_SSL, NULL, NULL},
    {BYTES("\x04\xd2\x16\x30"), PG_OK, PG_STARTUP_GSSENC, NULL, NULL},
    {BYTES("\x04\xd2\x16\x2e\1\2\3\4abcd"), PG_OK, PG_STARTUP_CANCEL, NULL, NULL},
    {BYTES("\0\2\0\0anything"), PG_OK, PG_STARTUP_OTHER_VERSION, NULL, NULL},
    {BYTES("\0\4\0\0"), PG_OK, PG_STARTUP_OTHER_VERSION, NULL, NULL},
    /* malformed */
    {BYTES("\0\3\0"), PG_MALFORMED, 0, NULL, NULL},
    {BYTES(V3), PG_MALFORMED, 0, NULL, NULL},
    {BYTES(V3 "\0"), PG_MALFORMED, 0, NULL, NULL},                       /* no user */
    {BYTES(V3 "database\0app\0\0"), PG_MALFORMED, 0, NULL, NULL},        /* the same */
    {BYTES(V3 "user\0\0\0"), PG_MALFORMED, 0, NULL, NULL},               /* empty user */
    {BYTES(V3 "user\0app\0"), PG_MALFORMED, 0, NULL, NULL},              /* no terminator */
    {BYTES(V3 "user\0app"), PG_MALFORMED, 0, NULL, NULL},                /* no NUL */
    {BYTES(V3 "user\0"), PG_MALFORMED, 0, NULL, NULL},                   /* no value */
    {BYTES(V3 "user\0app\0\0x"), PG_MALFORMED, 0, NULL, NULL},           /* bytes behind */
    {BYTES(V3 "user\0app\0\0\0"), PG_MALFORMED, 0, NULL, NULL},          /* the same */
    {BYTES(V3 "user\0a\0user\0b\0\0"), PG_MALFORMED, 0, NULL, NULL},     /* twice */
    {BYTES(V3 "user\0a\0x\0\0x\0\0\0"), PG_MALFORMED, 0, NULL, NULL},    /* twice, not ours */
    {BYTES(V3 "user\0a\0\0b\0\0"), PG_MALFORMED, 0, NULL, NULL},         /* empty name */
    {BYTES("\x04\xd2\x16\x2f\0"), PG_MALFORMED, 0, NULL, NULL},          /* SSLRequest and more */
    {BYTES("\x04\xd2\x16\x31"), PG_MALFORMED, 0, NULL, NULL},            /* no such request */
    {BYTES("\x04\xd2\x16\x2e\1\2\3\4abc"), PG_MALFORMED, 0, NULL, NULL}, /* short key */
    {BYTES("\x04\xd2\x16\x2e\1\2"), PG_MALFORMED, 0, NULL, NULL},
};

static void test_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice in = guarded_copy(cases[i].bytes, cases[i].len);
        struct pg_startup startup;
        assert_int_equal(pg_startup_decode(in, &startup), cases[i].status);
        if (cases[i].status == PG_OK) {
            assert_int_equal(startup.kind, cases[i].kind);
        }
        if (cases[i].user != NULL) {
            assert_true(slice_equal(startup.user, slice_text(cases[i].user)));
            assert_true(slice_equal(startup.database, slice_text(cases[i].database)));
        }
        guarded_free(in);
    }
}

static void test_each_truncation_is_malformed(void **state)
{
    (void)state;
    static const char whole[] = V3 "user\0app\0database\0d\0options\0-c x=y\0";
    for (size_t len = 0; len < sizeof whole; len++) {
        struct slice in = guarded_copy(whole, len);
        struct pg_startup startup;
        assert_int_equal(pg_startup_decode(in, &startup), PG_MALFORMED);
        guarded_free(in);
    }
}

static void test_cancel_key_lengths(void **state)
{
    (void)state;
    uint8_t packet[8 + 300] = {4, 0xd2, 0x16, 0x2e, 0, 0, 1, 2};
    for (size_t len = 0; len <= 300; len++) {
        struct slice in = guarded_copy(packet, 8 + len);
        struct pg_startup startup;
        bool is_good = len >= 4 && len <= 256;
        assert_int_equal(pg_startup_decode(in, &startup), is_good ? PG_OK : PG_MALFORMED);
        if (is_good) {
            assert_int_equal(startup.process_id, 258);
            assert_int_equal(startup.cancel_key.len, len);
        }
        guarded_free(in);
    }
}

static void test_settings_in_order(void **state)
{
    (void)state;
    struct pg_startup startup;
    struct slice in = slice_of(BYTES(V3 "user\0app\0a\0\0b\0c\0\0"));
    assert_int_equal(pg_startup_decode(in, &startup), PG_OK);
    static const char *const expected[][2] = {{"user", "app"}, {"a", ""}, {"b", "c"}};
    struct pg_setting setting;
    for (size_t i = 0; i < 3; i++) {
        assert_true(pg_setting_next(&startup.settings, &setting));
        assert_true(slice_equal(setting.name, slice_text(expected[i][0])));
        assert_true(slice_equal(setting.value, slice_text(expected[i][1])));
    }
    assert_false(pg_setting_next(&startup.settings, &setting));
    assert_false(pg_setting_next(&startup.settings, &setting));
}

static void test_the_number_of_settings_is_capped(void **state)
{
    (void)state;
    for (int count = PG_STARTUP_MAX_SETTINGS; count <= PG_STARTUP_MAX_SETTINGS + 1; count++) {
        char packet[10000] = V3 "user\0a";
        size_t len = 4 + 7;
        for (int i = 1; i < count; i++) {
            len += (size_t)snprintf(packet + len, sizeof packet - len, "s%d", i) + 1;
            packet[len++] = '\0';
        }
        packet[len++] = '\0';
        struct pg_startup startup;
        assert_int_equal(pg_startup_decode(slice_of(packet, len), &startup),
                         count <= PG_STARTUP_MAX_SETTINGS ? PG_OK : PG_MALFORMED);
    }
}

/* Expected as "name=value;" for each, then "." at a clean end or "!" where malformed. */
static const struct option_case {
    const char *options;
    const char *expected;
} option_cases[] = {
    {"", "."},
    {" \t\n\v\f\r ", "."},
    {"-c a=b", "a=b;."},
    {"-ca=b", "a=b;."},
    {"--a=b", "a=b;."},
    {"  -c   a=b  --c-d=e ", "a=b;c_d=e;."},
    {"-c a=", "a=;."},
    {"-c a==", "a==;."},
    {"-c a=b=c", "a=b=c;."},
    {"-c a=x\\ y", "a=x y;."},
    {"-c a=x\\\\y", "a=x\\y;."},
    {"-c a=x\\\\ --b=c", "a=x\\;b=c;."},
    {"-c a=x\\", "a=x;."},
    {"\\-c a=b", "a=b;."},
    {"-c search-path=a-b", "search_path=a-b;."},
    {"--ringfence.tenant=acme", "ringfence.tenant=acme;."},
    {"-c", "!"},
    {"-c ", "!"},
    {"-c=", "!"},
    {"-c =", "!"},
    {"-c =b", "!"},
    {"-c a", "!"},
    {"--", "!"},
    {"--=", "!"},
    {"--a", "!"},
    {"-- a=b", "!"},
    {"-", "!"},
    {"\\", "!"},
    {"a=b", "!"},
    {"-e", "!"},
    {"-D x", "!"},
    {"-c a=b -c", "a=b;!"},
    {"-c a=b x", "a=b;!"},
};

static void test_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof option_cases / sizeof option_cases[0]; i++) {
        struct slice in = guarded_copy(option_cases[i].options, strlen(option_cases[i].options));
        struct slice memory = guarded_copy(option_cases[i].options, in.len);
        uint8_t *scratch = (uint8_t *)(uintptr_t)memory.ptr;
        struct slice left = in;
        struct pg_setting setting;
        char found[100] = "";
        size_t len = 0;
        enum pg_option_step step;
        while ((step = pg_option_next(&left, &scratch, &setting)) == PG_OPTION_SETTING) {
            len += (size_t)snprintf(found + len, sizeof found - len, "%.*s=%.*s;",
                                    (int)setting.name.len, (const char *)setting.name.ptr,
                                    (int)setting.value.len, (const char *)setting.value.ptr);
        }
        snprintf(found + len, sizeof found - len, "%s", step == PG_OPTION_END ? "." : "!");
        assert_string_equal(found, option_cases[i].expected);
        guarded_free(memory);
        guarded_free(in);
    }
}

static void test_many_spaces_end(void **state)
{
    (void)state;
    static char spaces[10000];
    memset(spaces, ' ', sizeof spaces);
    struct slice left = slice_of(spaces, sizeof spaces);
    uint8_t memory[1];
    uint8_t *scratch = memory;
    struct pg_setting setting;
    assert_int_equal(pg_option_next(&left, &scratch, &setting), PG_OPTION_END);
    assert_int_equal(left.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_each_truncation_is_malformed),
        cmocka_unit_test(test_cancel_key_lengths),
        cmocka_unit_test(test_settings_in_order),
        cmocka_unit_test(test_the_number_of_settings_is_capped),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_many_spaces_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
