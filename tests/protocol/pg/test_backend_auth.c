/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/backend_auth.h"

#include "tests/cmocka_all.h"
#include "tests/guarded.h"
#include "tests/protocol/pg/decoder_cases.h"

static enum pg_status decode_auth(struct slice body)
{
    struct pg_auth out;
    return pg_auth_decode(body, &out);
}

static enum pg_status decode_negotiate(struct slice body)
{
    struct pg_negotiate out;
    return pg_negotiate_decode(body, &out);
}

static const struct decoder_case cases[] = {
    {decode_auth, BYTES("\0\0\0\0"), PG_OK},
    {decode_auth, BYTES("\0\0\0\3"), PG_OK},
    {decode_auth, BYTES("\0\0\0\5salt"), PG_OK},
    {decode_auth, BYTES("\0\0\0\5sal"), PG_MALFORMED},
    {decode_auth, BYTES("\0\0\0\x0aSCRAM-SHA-256\0\0"), PG_OK},
    {decode_auth, BYTES("\0\0\0\x0a\0"), PG_MALFORMED}, /* no mechanism */
    {decode_auth, BYTES("\0\0\0\x0a"), PG_MALFORMED},   /* no list */
    {decode_auth,
     BYTES("\0\0\0\x0a"
           "A\0B\0"),
     PG_MALFORMED}, /* no terminator */
    {decode_auth,
     BYTES("\0\0\0\x0a"
           "A\0\0B\0"),
     PG_MALFORMED},
    {decode_auth,
     BYTES("\0\0\0\x0a"
           "A\0\0\0"),
     PG_MALFORMED},
    {decode_auth, BYTES("\0\0\0\0x"), PG_MALFORMED},
    {decode_negotiate, BYTES("\0\3\0\0\0\0\0\0"), PG_OK},
    {decode_negotiate, BYTES("\0\3\0\0\0\0\0\2_pq_.a\0_pq_.b\0"), PG_OK},
    {decode_negotiate, BYTES("\0\3\0\0\xff\xff\xff\xff_pq_.a\0"), PG_MALFORMED},
};

static void test_forms(void **state)
{
    (void)state;
    check_decoder_cases(cases, sizeof cases / sizeof cases[0]);
}

static const struct code_case {
    const char *body;
    size_t len;
    enum pg_auth_code code;
    size_t data_len;
} code_cases[] = {
    {BYTES("\0\0\0\0"), PG_AUTH_OK, 0},
    {BYTES("\0\0\0\5salt"), PG_AUTH_MD5, 4},
    {BYTES("\0\0\0\x0br=x"), PG_AUTH_SASL_CONTINUE, 3},
    {BYTES("\0\0\0\x0b"), PG_AUTH_SASL_CONTINUE, 0},
    {BYTES("\0\0\0\x0cv=x"), PG_AUTH_SASL_FINAL, 3},
    {BYTES("\0\0\0\2"), PG_AUTH_OTHER, 0}, /* Kerberos V5 */
    {BYTES("\0\0\0\7"), PG_AUTH_OTHER, 0}, /* GSS */
    {BYTES("\0\0\0\x08token"), PG_AUTH_OTHER, 5},
    {BYTES("\xff\xff\xff\xff"), PG_AUTH_OTHER, 0},
};

static void test_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof code_cases / sizeof code_cases[0]; i++) {
        struct slice in = guarded_copy(code_cases[i].body, code_cases[i].len);
        struct pg_auth auth;
        assert_int_equal(pg_auth_decode(in, &auth), PG_OK);
        assert_int_equal(auth.code, code_cases[i].code);
        assert_int_equal(auth.data.len, code_cases[i].data_len);
        guarded_free(in);
    }
}

static void test_all_mechanisms_are_seen(void **state)
{
    (void)state;
    struct pg_auth auth;
    assert_int_equal(
        pg_auth_decode(slice_of(BYTES("\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")), &auth),
        PG_OK);
    struct slice name;
    assert_true(pg_mechanism_next(&auth.data, &name));
    assert_true(slice_equal(name, slice_text("SCRAM-SHA-256-PLUS")));
    assert_true(pg_mechanism_next(&auth.data, &name));
    assert_true(slice_equal(name, slice_text("SCRAM-SHA-256")));
    assert_false(pg_mechanism_next(&auth.data, &name));
    assert_false(pg_mechanism_next(&auth.data, &name));
}

static void test_key_lengths(void **state)
{
    (void)state;
    uint8_t body[4 + 300] = {0, 0, 1, 0};
    for (size_t len = 0; len <= sizeof body; len++) {
        struct slice in = guarded_copy(body, len);
        struct pg_key_data out;
        bool is_good = len >= 8 && len <= 260;
        assert_int_equal(pg_key_data_decode(in, &out), is_good ? PG_OK : PG_MALFORMED);
        if (is_good) {
            assert_int_equal(out.process_id, 256);
            assert_int_equal(out.key.len, len - 4);
        }
        guarded_free(in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_all_mechanisms_are_seen),
        cmocka_unit_test(test_key_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
