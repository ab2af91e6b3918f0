/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base64.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

/* RFC 4648, section 10. */
static const struct vector {
    const char *bytes;
    const char *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct slice bytes = guarded_copy(vectors[i].bytes, strlen(vectors[i].bytes));
        struct slice text = guarded_copy(vectors[i].text, strlen(vectors[i].text));
        uint8_t memory[16];
        uint8_t decoded[16];
        size_t len = 0;
        struct slice written;
        struct writer w = writer_over(memory, sizeof memory);
        base64_write(&w, bytes);
        assert_true(writer_done(&w, &written));
        assert_true(slice_equal(written, text));
        assert_int_equal(text.len, BASE64_LEN(bytes.len));
        assert_true(base64_decode(text, decoded, sizeof decoded, &len));
        assert_true(slice_equal(slice_of(decoded, len), bytes));
        if (len > 0) {
            assert_true(base64_decode(text, decoded, bytes.len, &len));
            assert_false(base64_decode(text, decoded, bytes.len - 1, &len));
            assert_int_equal(len, 0);
        }
        guarded_free(bytes);
        guarded_free(text);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z",    "Zg",     "Zg=",  "Zh==", "Zm9=", "====",       "=g==",    "Zg==Zg==",
        "Zm 9", "Zm9v\n", "Zm9-", "Z===", "Zg=a", "\xc3\xa9==", "Zm9vYg=", "Zm8=Zm9v"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct slice text = guarded_copy(wrong[i], strlen(wrong[i]));
        uint8_t decoded[16];
        size_t len = 1;
        assert_false(base64_decode(text, decoded, sizeof decoded, &len));
        assert_int_equal(len, 0);
        guarded_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
