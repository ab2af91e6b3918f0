/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/scram_server.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"
#include "tests/protocol/pg/scram_vector.h"

static struct scram_server server;

static enum scram_status read_first(const char *message, size_t len)
{
    struct scram_verifier verifier;
    assert_true(scram_verifier_parse(slice_text(RFC_VERIFIER), &verifier));
    scram_server_init(&server, &verifier);
    struct slice in = guarded_copy(message, len);
    enum scram_status status = scram_server_read_first(&server, in, slice_text(RFC_SERVER_NONCE));
    guarded_free(in);
    return status;
}

/* Both messages of a client; the first must be good. */
static enum scram_status read_both(const char *first, const char *final, size_t final_len)
{
    assert_int_equal(read_first(first, strlen(first)), SCRAM_OK);
    struct slice in = guarded_copy(final, final_len);
    enum scram_status status = scram_server_read_final(&server, in);
    guarded_free(in);
    return status;
}

static void test_the_vector(void **state)
{
    (void)state;
    uint8_t memory[SCRAM_MESSAGE_MAX];
    struct slice out;
    assert_int_equal(read_first(RFC_CLIENT_FIRST, strlen(RFC_CLIENT_FIRST)), SCRAM_OK);
    struct writer w = writer_over(memory, sizeof memory);
    scram_server_write_first(&server, &w);
    assert_true(writer_done(&w, &out));
    assert_true(slice_equal(out, slice_text(RFC_SERVER_FIRST)));
    assert_int_equal(scram_server_read_final(&server, slice_text(RFC_CLIENT_FINAL)), SCRAM_OK);
    w = writer_over(memory, sizeof memory);
    scram_server_write_final(&server, &w);
    assert_true(writer_done(&w, &out));
    assert_true(slice_equal(out, slice_text(RFC_SERVER_FINAL)));
    scram_server_fini(&server);
}

static const struct first_case {
    const char *message;
    enum scram_status status;
} first_cases[] = {
    {"n,,n=,r=abc", SCRAM_OK},         /* libpq: no user name */
    {"y,,n=,r=abc", SCRAM_OK},         /* would bind, believes that we cannot */
    {"n,,n=,r=abc,x=1,y=2", SCRAM_OK}, /* optional extensions */
    {"p=tls-server-end-point,,n=,r=abc", SCRAM_MALFORMED},
    {"p,,n=,r=abc", SCRAM_MALFORMED},
    {"n,a=admin,n=,r=abc", SCRAM_MALFORMED}, /* authorisation identity */
    {"n,,m=x,n=,r=abc", SCRAM_MALFORMED},    /* mandatory extension */
    {"n,,n=,r=abc,m=x", SCRAM_MALFORMED},
    {"n,,n=,r=", SCRAM_MALFORMED},
    {"n,,n=,r=a b", SCRAM_MALFORMED},
    {"n,,n=,r=abc,", SCRAM_MALFORMED},
    {"n,,n=,r=abc,,", SCRAM_MALFORMED},
    {"n,,n=,r=abc,xyz", SCRAM_MALFORMED},
    {"n,,r=abc", SCRAM_MALFORMED},
    {"n,,n=", SCRAM_MALFORMED},
    {"n,,", SCRAM_MALFORMED},
    {"n,", SCRAM_MALFORMED},
    {"n", SCRAM_MALFORMED},
    {"", SCRAM_MALFORMED},
    {"x,,n=,r=abc", SCRAM_MALFORMED},
    {"N,,n=,r=abc", SCRAM_MALFORMED},
};

static void test_first_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof first_cases / sizeof first_cases[0]; i++) {
        const char *message = first_cases[i].message;
        if (read_first(message, strlen(message)) != first_cases[i].status) {
            fail_msg("misjudged: %s", message);
        }
    }
    assert_int_equal(read_first("n,,n=\0,r=abc", 12), SCRAM_MALFORMED);
    assert_int_equal(read_first("n,,n=,r=abc\0", 12), SCRAM_MALFORMED);
}

static void test_long_first_messages(void **state)
{
    (void)state;
    for (size_t nonce_len = SCRAM_NONCE_MAX - 1; nonce_len <= SCRAM_NONCE_MAX + 1; nonce_len++) {
        char message[600] = "n,,n=,r=";
        memset(message + 8, 'x', nonce_len);
        assert_int_equal(read_first(message, 8 + nonce_len),
                         nonce_len <= SCRAM_NONCE_MAX ? SCRAM_OK : SCRAM_MALFORMED);
    }
    for (size_t len = SCRAM_MESSAGE_MAX; len <= SCRAM_MESSAGE_MAX + 1; len++) {
        char message[SCRAM_MESSAGE_MAX + 1];
        memset(message, 'x', sizeof message);
        memcpy(message, "n,,n=", 5);
        memcpy(message + len - 6, ",r=abc", 6);
        assert_int_equal(read_first(message, len),
                         len <= SCRAM_MESSAGE_MAX ? SCRAM_OK : SCRAM_MALFORMED);
    }
}

static const struct final_case {
    const char *message;
    enum scram_status status;
} final_cases[] = {
    {RFC_CLIENT_FINAL, SCRAM_OK},
    {"c=biws,r=" RFC_NONCE ",p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", SCRAM_REFUSED},
    {"c=eSws,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_MALFORMED},
    {"c=biw=,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_MALFORMED},
    {"c=,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_MALFORMED},
    {"c=biws,r=" RFC_CLIENT_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     SCRAM_MALFORMED},
    {"c=biws,r=" RFC_NONCE "x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_MALFORMED},
    {"c=biws,r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndV==", SCRAM_MALFORMED},
    {"c=biws,r=" RFC_NONCE ",p=", SCRAM_MALFORMED},
    {"c=biws,r=" RFC_NONCE ",p", SCRAM_MALFORMED},
    {"c=biws,r=" RFC_NONCE, SCRAM_MALFORMED}, /* CVE-2026-19888: no proof at all */
    {"c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_MALFORMED},
    {RFC_CLIENT_FINAL ",x=1", SCRAM_MALFORMED}, /* the proof is the last attribute */
    {"c=biws,r=" RFC_NONCE ",m=1,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_MALFORMED},
    {"c=biws,r=" RFC_NONCE ",x=1,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     SCRAM_REFUSED}, /* an extension is part of what the proof is over */
    {"", SCRAM_MALFORMED},
};

static void test_final_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof final_cases / sizeof final_cases[0]; i++) {
        const char *message = final_cases[i].message;
        if (read_both(RFC_CLIENT_FIRST, message, strlen(message)) != final_cases[i].status) {
            fail_msg("misjudged: %s", message);
        }
    }
    /* the GS2 header was changed on the way: the binding does not repeat it */
    assert_int_equal(
        read_both("y,,n=user,r=" RFC_CLIENT_NONCE, RFC_CLIENT_FINAL, strlen(RFC_CLIENT_FINAL)),
        SCRAM_MALFORMED);
}

static void test_each_truncation_and_each_changed_byte_fails(void **state)
{
    (void)state;
    char message[] = RFC_CLIENT_FINAL;
    for (size_t i = 0; i < strlen(RFC_CLIENT_FINAL); i++) {
        assert_int_not_equal(read_both(RFC_CLIENT_FIRST, message, i), SCRAM_OK);
        for (int bit = 0; bit < 8; bit++) {
            message[i] = (char)(message[i] ^ (1 << bit));
            assert_int_not_equal(read_both(RFC_CLIENT_FIRST, message, sizeof message - 1),
                                 SCRAM_OK);
            message[i] = (char)(message[i] ^ (1 << bit));
        }
    }
}

static void test_a_mock_goes_the_same_way_and_is_refused(void **state)
{
    (void)state;
    struct scram_verifier verifier;
    assert_true(scram_verifier_parse(slice_text(RFC_VERIFIER), &verifier));
    verifier.is_mock = true;
    scram_server_init(&server, &verifier);
    assert_int_equal(scram_server_read_first(&server, slice_text(RFC_CLIENT_FIRST),
                                             slice_text(RFC_SERVER_NONCE)),
                     SCRAM_OK);
    assert_int_equal(scram_server_read_final(&server, slice_text(RFC_CLIENT_FINAL)), SCRAM_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vector),
        cmocka_unit_test(test_first_messages),
        cmocka_unit_test(test_long_first_messages),
        cmocka_unit_test(test_final_messages),
        cmocka_unit_test(test_each_truncation_and_each_changed_byte_fails),
        cmocka_unit_test(test_a_mock_goes_the_same_way_and_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
