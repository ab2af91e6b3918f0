/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/utf8.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

#define BYTES(text) text, sizeof(text) - 1

static const struct sample {
    const char *bytes;
    size_t len;
    size_t valid_len;
    size_t num_characters; /* of the valid part */
} samples[] = {
    {BYTES(""), 0, 0},
    {BYTES("a"), 1, 1},
    {BYTES("seven b"), 7, 7},
    {BYTES("eight by"), 8, 8},
    {BYTES("seventeen  bytes."), 17, 17},
    {BYTES("\x7f"), 1, 1},
    {BYTES("\xc2\x80"), 2, 1},
    {BYTES("\xdf\xbf"), 2, 1},
    {BYTES("\xe0\xa0\x80"), 3, 1},
    {BYTES("\xed\x9f\xbf"), 3, 1},
    {BYTES("\xee\x80\x80"), 3, 1},
    {BYTES("\xef\xbf\xbf"), 3, 1},
    {BYTES("\xf0\x90\x80\x80"), 4, 1},
    {BYTES("\xf4\x8f\xbf\xbf"), 4, 1},
    {BYTES("ab\xc3\xa4 eight by\xe2\x82\xac!"), 17, 14},
    /* not legal */
    {BYTES("\x80"), 0, 0},                 /* continuation first */
    {BYTES("\xbf"), 0, 0},                 /* the same */
    {BYTES("\xc0\x80"), 0, 0},             /* overlong NUL */
    {BYTES("\xc1\xbf"), 0, 0},             /* overlong DEL */
    {BYTES("\xe0\x9f\xbf"), 0, 0},         /* overlong U+07FF */
    {BYTES("\xf0\x8f\xbf\xbf"), 0, 0},     /* overlong U+FFFF */
    {BYTES("\xed\xa0\x80"), 0, 0},         /* U+D800 */
    {BYTES("\xed\xbf\xbf"), 0, 0},         /* U+DFFF */
    {BYTES("\xf4\x90\x80\x80"), 0, 0},     /* U+110000 */
    {BYTES("\xf5\x80\x80\x80"), 0, 0},     /* leads nothing */
    {BYTES("\xf8\x88\x80\x80\x80"), 0, 0}, /* five bytes */
    {BYTES("\xfe"), 0, 0},
    {BYTES("\xff"), 0, 0},
    {BYTES("eight by\xc3"), 8, 8},         /* cut off */
    {BYTES("eight by\xe2\x82"), 8, 8},     /* cut off */
    {BYTES("eight by\xf0\x9f\x98"), 8, 8}, /* cut off */
    {BYTES("ab\xc3(cdefghijklmn"), 2, 2},  /* second byte is no continuation */
    {BYTES("ab\xe2\x82(cdefghijk"), 2, 2}, /* third */
    {BYTES("ab\xf0\x9f\x98(cdefg"), 2, 2}, /* fourth */
    {BYTES("\xc3\xa4\xc3\xa4\xff"), 4, 2},
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct slice in = guarded_copy(samples[i].bytes, samples[i].len);
        assert_int_equal(utf8_valid_prefix(in, UTF8_NUL_REFUSED), samples[i].valid_len);
        assert_int_equal(utf8_is_valid(in, UTF8_NUL_ALLOWED), samples[i].valid_len == in.len);
        assert_int_equal(utf8_count(in, samples[i].valid_len), samples[i].num_characters);
        guarded_free(in);
    }
}

static void test_nul_is_refused_only_on_request_at_every_place_of_a_word(void **state)
{
    (void)state;
    for (size_t place = 0; place < 19; place++) {
        char text[20] = "abcdefghijklmnopqrs";
        text[place] = 0;
        struct slice in = guarded_copy(text, 19);
        assert_int_equal(utf8_valid_prefix(in, UTF8_NUL_REFUSED), place);
        assert_int_equal(utf8_valid_prefix(in, UTF8_NUL_ALLOWED), 19);
        guarded_free(in);
    }
}

/* Code point of a well-formed sequence by arithmetic alone, or -1: the definition, not the table.
 */
static long decode(const uint8_t *b, size_t len)
{
    static const long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    static const unsigned lead_bits[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    if ((b[0] & (uint8_t)~lead_mask[len]) != lead_bits[len]) {
        return -1;
    }
    long point = (long)(b[0] & lead_mask[len]);
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xC0) != 0x80) {
            return -1;
        }
        point = point << 6 | (b[i] & 0x3F);
    }
    bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < smallest[len] || point > 0x10FFFF || is_surrogate ? -1 : point;
}

/* All lead bytes, and for the following ones the values at which some rule changes. */
static void test_against_the_definition(void **state)
{
    (void)state;
    static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    const size_t n = sizeof edges;
    for (size_t i = 0; i < 256 * n * n * n; i++) {
        const uint8_t b[4] = {(uint8_t)(i / n / n / n), edges[i / n / n % n], edges[i / n % n],
                              edges[i % n]};
        size_t expected = 0;
        for (size_t len = 1; len <= 4; len++) {
            expected = decode(b, len) >= 0 ? len : expected;
        }
        bool is_legal = false;
        for (size_t len = 1; len <= 4 && !is_legal; len++) {
            is_legal = utf8_is_valid(slice_of(b, len), UTF8_NUL_ALLOWED);
            assert_int_equal(is_legal, len == expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_nul_is_refused_only_on_request_at_every_place_of_a_word),
        cmocka_unit_test(test_against_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
