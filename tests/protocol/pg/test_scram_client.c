/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/scram_client.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base64.h"
#include "tests/cmocka_all.h"
#include "tests/guarded.h"
#include "tests/protocol/pg/scram_vector.h"

static struct scram_client client;
static uint8_t memory[SCRAM_MESSAGE_MAX];

static struct slice write_first(void)
{
    struct slice out;
    struct writer w = writer_over(memory, sizeof memory);
    scram_client_init(&client, slice_text(RFC_USER), slice_text(RFC_CLIENT_NONCE));
    scram_client_write_first(&client, &w);
    assert_true(writer_done(&w, &out));
    return out;
}

static enum scram_status read_first(const void *message, size_t len, struct scram_challenge *out)
{
    (void)write_first();
    struct slice in = guarded_copy(message, len);
    enum scram_status status = scram_client_read_first(&client, in, out);
    guarded_free(in);
    return status;
}

static struct scram_keys keys_for(const struct scram_challenge *challenge)
{
    struct scram_keys keys;
    scram_keys_derive(slice_text(RFC_PASSWORD), slice_of(challenge->salt, challenge->salt_len),
                      challenge->iterations, &keys);
    return keys;
}

static struct slice write_final(const struct scram_keys *keys)
{
    struct slice out;
    struct writer w = writer_over(memory, sizeof memory);
    scram_client_write_final(&client, keys, &w);
    assert_true(writer_done(&w, &out));
    return out;
}

static void test_the_vector(void **state)
{
    (void)state;
    struct scram_challenge challenge;
    assert_true(slice_equal(write_first(), slice_text(RFC_CLIENT_FIRST)));
    assert_int_equal(read_first(RFC_SERVER_FIRST, strlen(RFC_SERVER_FIRST), &challenge), SCRAM_OK);
    assert_int_equal(challenge.iterations, 4096);
    assert_int_equal(challenge.salt_len, 16);
    const struct scram_keys keys = keys_for(&challenge);
    assert_true(slice_equal(write_final(&keys), slice_text(RFC_CLIENT_FINAL)));
    assert_int_equal(scram_client_read_final(&client, slice_text(RFC_SERVER_FINAL)), SCRAM_OK);
}

static const struct first_case {
    const char *message;
    enum scram_status status;
} first_cases[] = {
    {"r=" RFC_NONCE ",s=AAAA,i=1", SCRAM_OK},
    {"r=" RFC_NONCE ",s=AAAA,i=100000", SCRAM_OK},
    {"r=" RFC_NONCE ",s=AAAA,i=100001", SCRAM_TOO_COSTLY},
    {"r=" RFC_NONCE ",s=AAAA,i=2147483647", SCRAM_TOO_COSTLY},
    {"r=" RFC_NONCE ",s=AAAA,i=2147483648", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",s=AAAA,i=0", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",s=AAAA,i=-1", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",s=AAAA,i=", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",s=AAAA", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",s=,i=1", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",s=AAA,i=1", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",i=1", SCRAM_MALFORMED},
    {"s=AAAA,i=1", SCRAM_MALFORMED},
    {"r=" RFC_NONCE ",s=AAAA,i=1,x=y", SCRAM_MALFORMED},
    {"m=x,r=" RFC_NONCE ",s=AAAA,i=1", SCRAM_MALFORMED},
    {"r=" RFC_CLIENT_NONCE ",s=AAAA,i=1", SCRAM_MALFORMED}, /* adds nothing to ours */
    {"r=x" RFC_NONCE ",s=AAAA,i=1", SCRAM_MALFORMED},       /* is not ours */
    {"r=rOprNGfwEbeRWgbNEkq,s=AAAA,i=1", SCRAM_MALFORMED},  /* shorter than ours */
    {"r=,s=AAAA,i=1", SCRAM_MALFORMED},
    {"", SCRAM_MALFORMED},
};

static void test_first_messages(void **state)
{
    (void)state;
    struct scram_challenge challenge;
    for (size_t i = 0; i < sizeof first_cases / sizeof first_cases[0]; i++) {
        const char *message = first_cases[i].message;
        if (read_first(message, strlen(message), &challenge) != first_cases[i].status) {
            fail_msg("misjudged: %s", message);
        }
    }
    for (size_t len = 0; len < strlen(RFC_SERVER_FIRST) - 4; len++) {
        assert_int_equal(read_first(RFC_SERVER_FIRST, len, &challenge), SCRAM_MALFORMED);
    }
}

/* Nonces and salts at their caps and one beyond (CVE-2026-6665). */
static void test_long_first_messages(void **state)
{
    (void)state;
    for (size_t excess = 0; excess <= 1; excess++) {
        char message[2000];
        char nonce[SCRAM_NONCE_MAX + 1];
        struct slice out;
        memset(nonce, 'x', sizeof nonce);
        memcpy(nonce, RFC_CLIENT_NONCE, strlen(RFC_CLIENT_NONCE));
        struct writer w = writer_over(message, sizeof message);
        writer_bytes(&w, slice_text("r="));
        writer_bytes(&w, slice_of(nonce, SCRAM_NONCE_MAX + excess));
        writer_bytes(&w, slice_text(",s=AAAA,i=1"));
        assert_true(writer_done(&w, &out));
        struct scram_challenge challenge;
        enum scram_status expected = excess == 0 ? SCRAM_OK : SCRAM_MALFORMED;
        assert_int_equal(read_first(out.ptr, out.len, &challenge), expected);

        uint8_t salt[SCRAM_SALT_MAX + 1] = {1};
        w = writer_over(message, sizeof message);
        writer_bytes(&w, slice_text("r=" RFC_NONCE ",s="));
        base64_write(&w, slice_of(salt, SCRAM_SALT_MAX + excess));
        writer_bytes(&w, slice_text(",i=1"));
        assert_true(writer_done(&w, &out));
        assert_int_equal(read_first(out.ptr, out.len, &challenge), expected);
    }
    struct scram_challenge challenge;
    char longest[SCRAM_MESSAGE_MAX + 1];
    memset(longest, '=', sizeof longest);
    assert_int_equal(read_first(longest, sizeof longest, &challenge), SCRAM_MALFORMED);
}

static enum scram_status read_final(const char *message, size_t len)
{
    struct scram_challenge challenge;
    assert_int_equal(
        read_first("r=" RFC_NONCE ",s=" RFC_SALT ",i=4096", strlen(RFC_SERVER_FIRST), &challenge),
        SCRAM_OK);
    static struct scram_keys keys;
    static bool has_keys;
    keys = has_keys ? keys : keys_for(&challenge); /* one derivation for all */
    has_keys = true;
    (void)write_final(&keys);
    struct slice in = guarded_copy(message, len);
    enum scram_status status = scram_client_read_final(&client, in);
    guarded_free(in);
    return status;
}

static void test_final_messages(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        enum scram_status status;
    } samples[] = {
        {RFC_SERVER_FINAL, SCRAM_OK},
        {"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", SCRAM_REFUSED},
        {"e=other-error", SCRAM_REFUSED},
        {"e=", SCRAM_REFUSED},
        {RFC_SERVER_FINAL ",x=y", SCRAM_MALFORMED},
        {"v=", SCRAM_MALFORMED},
        {"v=AAAA", SCRAM_MALFORMED},
        {"", SCRAM_MALFORMED},
        {"x=y", SCRAM_MALFORMED},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const char *message = samples[i].message;
        if (read_final(message, strlen(message)) != samples[i].status) {
            fail_msg("misjudged: %s", message);
        }
    }
    char message[] = RFC_SERVER_FINAL;
    for (size_t i = 0; i < sizeof message - 1; i++) {
        assert_int_not_equal(read_final(message, i), SCRAM_OK);
        message[i] = (char)(message[i] ^ 1);
        assert_int_not_equal(read_final(message, sizeof message - 1), SCRAM_OK);
        message[i] = (char)(message[i] ^ 1);
    }
}

static void test_fini_cleanses(void **state)
{
    (void)state;
    static const struct scram_client zeroed;
    (void)write_first();
    scram_client_fini(&client);
    assert_memory_equal(client.nonce, zeroed.nonce, sizeof zeroed.nonce);
    assert_memory_equal(client.auth, zeroed.auth, sizeof zeroed.auth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vector),          cmocka_unit_test(test_first_messages),
        cmocka_unit_test(test_long_first_messages), cmocka_unit_test(test_final_messages),
        cmocka_unit_test(test_fini_cleanses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
