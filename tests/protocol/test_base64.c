/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base64.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

/* RFC 4648 section 10, and the last two digits. */
static const struct pair {
    const char *bytes;
    size_t len;
    const char *text;
} pairs[] = {
    {"", 0, ""},
    {"f", 1, "Zg=="},
    {"fo", 2, "Zm8="},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg=="},
    {"fooba", 5, "Zm9vYmE="},
    {"foobar", 6, "Zm9vYmFy"},
    {"\xfb\xff\xbf", 3, "+/+/"},
    {"\0\0\0", 3, "AAAA"},
};

static void test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char memory[16];
        struct slice written;
        struct slice in = guarded_copy(pairs[i].bytes, pairs[i].len);
        struct writer w = writer_over(memory, sizeof memory);
        base64_write(&w, in);
        assert_true(writer_done(&w, &written));
        assert_true(slice_equal(written, slice_text(pairs[i].text)));
        assert_int_equal(written.len, BASE64_LEN(in.len));
        guarded_free(in);

        uint8_t out[8];
        size_t len = 99;
        struct slice text = guarded_copy(pairs[i].text, strlen(pairs[i].text));
        assert_true(base64_decode(text, out, pairs[i].len, &len)); /* the exact room will do */
        assert_int_equal(len, pairs[i].len);
        assert_memory_equal(out, pairs[i].bytes, len);
        if (pairs[i].len > 0) {
            assert_false(base64_decode(text, out, pairs[i].len - 1, &len));
        }
        guarded_free(text);
    }
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",    "Zg",   "Zg=",      "Zg===",    "====",  "=",          "Z===", "Zg==Zg==",
        "Zh==", "Zm9=", "Zm8=Zm8=", "Zm9v\n",   " Zm9v", "Zm9_",       "Zm9-", "Zm 9",
        "Z=g=", "=g==", "Zg=v",     "Zm9v====", "Zm9v=", "\xc3\xa4zz",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t out[16];
        size_t len = 0;
        struct slice text = guarded_copy(texts[i], strlen(texts[i]));
        if (base64_decode(text, out, sizeof out, &len)) {
            fail_msg("decoded: %s", texts[i]);
        }
        guarded_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
