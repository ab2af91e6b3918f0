/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/bind.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/decoder_cases.h"

static enum pg_status decode(struct slice body)
{
    struct pg_bind out;
    return pg_bind_decode(body, &out);
}

static const struct decoder_case cases[] = {
    {decode, BYTES("\0\0\0\0\0\0\0\0"), PG_OK},
    {decode, BYTES("p\0s\0\0\0\0\1\0\0\0\2ab\0\0"), PG_OK},
    {decode, BYTES("p\0s\0\0\1\0\1\0\2\0\0\0\1a\xff\xff\xff\xff\0\1\0\1"), PG_OK},
    {decode, BYTES("\0\0\0\2\0\1\0\0\0\2\0\0\0\1a\0\0\0\1b\0\0"), PG_OK},
    {decode, BYTES("\0\0\0\1\0\1\0\0\0\0"), PG_OK},                     /* one code for no value */
    {decode, BYTES("\0\0\0\2\0\1\0\0\0\1\0\0\0\1a\0\0"), PG_MALFORMED}, /* two codes, one value */
    {decode, BYTES("\0\0\0\2\0\1\0\0\0\0\0\0"), PG_MALFORMED},
    {decode, BYTES("\0\0\0\0\0\1\xff\xff\xff\xfe\0\0"), PG_MALFORMED},
    {decode, BYTES("\0\0\0\0\0\1\x80\0\0\0\0\0"), PG_MALFORMED},
    {decode, BYTES("\0\0\0\0\0\1\x7f\xff\xff\xff\0\0"), PG_MALFORMED},
    {decode, BYTES("\0\0\0\0\0\1\0\0\0\1\0\0"), PG_MALFORMED}, /* adds up to one byte more */
    {decode, BYTES("\0\0\0\0\0\2\xff\xff\xff\xff\0\0"), PG_MALFORMED},
    {decode, BYTES("\0\0\0\0\xff\xff\0\0"), PG_MALFORMED},
    {decode, BYTES("\0\0\xff\xff\0\0\0\0"), PG_MALFORMED},
    {decode, BYTES("\0\0\0\0\0\0\xff\xff"), PG_MALFORMED},
};

static void test_forms(void **state)
{
    (void)state;
    check_decoder_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
        uint16_t formats[2];
    } samples[] = {
        {BYTES("\0\0\0\0\0\2\xff\xff\xff\xff\xff\xff\xff\xff\0\0"), {0, 0}},
        {BYTES("\0\0\0\1\0\1\0\2\xff\xff\xff\xff\xff\xff\xff\xff\0\0"), {1, 1}},
        {BYTES("\0\0\0\2\0\1\0\0\0\2\xff\xff\xff\xff\xff\xff\xff\xff\0\0"), {1, 0}},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct pg_bind bind;
        assert_int_equal(pg_bind_decode(slice_of(samples[i].body, samples[i].len), &bind), PG_OK);
        assert_int_equal(pg_bind_format(&bind, 0), samples[i].formats[0]);
        assert_int_equal(pg_bind_format(&bind, 1), samples[i].formats[1]);
    }
}

/* A body, and the same with the statement renamed to "x" and the text "acme" behind the values. */
static const struct rewrite_case {
    const char *body;
    size_t len;
    const char *with_text;
    size_t with_text_len;
} rewrite_cases[] = {
    {BYTES("p\0s\0\0\0\0\0\0\0"), BYTES("p\0x\0\0\0\0\1\0\0\0\4acme\0\0")},
    {BYTES("\0\0\0\0\0\1\0\0\0\1a\0\1\0\1"), BYTES("\0x\0\0\0\0\2\0\0\0\1a\0\0\0\4acme\0\1\0\1")},
    {BYTES("\0\0\0\1\0\0\0\1\0\0\0\1a\0\0"), BYTES("\0x\0\0\1\0\0\0\2\0\0\0\1a\0\0\0\4acme\0\0")},
    {BYTES("\0\0\0\1\0\1\0\1\0\0\0\1a\0\0"),
     BYTES("\0x\0\0\2\0\1\0\0\0\2\0\0\0\1a\0\0\0\4acme\0\0")},
    {BYTES("\0\0\0\1\0\1\0\0\0\0"), BYTES("\0x\0\0\1\0\0\0\1\0\0\0\4acme\0\0")},
    {BYTES("\0\0\0\1\0\1\0\2\xff\xff\xff\xff\0\0\0\0\0\0"),
     BYTES("\0x\0\0\3\0\1\0\1\0\0\0\3\xff\xff\xff\xff\0\0\0\0\0\0\0\4acme\0\0")},
    {BYTES("\0\0\0\2\0\1\0\0\0\2\0\0\0\1a\0\0\0\1b\0\2\0\0\0\1"),
     BYTES("\0x\0\0\3\0\1\0\0\0\0\0\3\0\0\0\1a\0\0\0\1b\0\0\0\4acme\0\2\0\0\0\1")},
};

static void check_written(const struct pg_bind *bind, struct slice name, const struct slice *added,
                          struct slice expected_body)
{
    uint8_t memory[200];
    struct writer counter = writer_measuring();
    pg_bind_write(&counter, bind, name, added);
    struct writer w = writer_over(memory, sizeof memory);
    pg_bind_write(&w, bind, name, added);
    struct slice out;
    assert_true(writer_done(&w, &out));
    assert_int_equal(writer_len(&counter), out.len);
    assert_int_equal(out.ptr[0], 'B');
    assert_true(slice_equal(slice_from(out, 5), expected_body));
    struct reader r = reader_over(slice_from(out, 1));
    assert_int_equal(reader_u32(&r), out.len - 1);
}

static void test_rewriting(void **state)
{
    (void)state;
    const struct slice added = slice_text("acme");
    for (size_t i = 0; i < sizeof rewrite_cases / sizeof rewrite_cases[0]; i++) {
        const struct rewrite_case *c = &rewrite_cases[i];
        struct slice body = slice_of(c->body, c->len);
        struct pg_bind bind;
        assert_int_equal(pg_bind_decode(body, &bind), PG_OK);
        check_written(&bind, bind.statement, NULL, body);
        struct slice expected = slice_of(c->with_text, c->with_text_len);
        check_written(&bind, slice_text("x"), &added, expected);
        assert_int_equal(pg_bind_decode(expected, &bind), PG_OK);
    }
}

static void test_one_value_too_many(void **state)
{
    (void)state;
    const size_t num_values = UINT16_MAX;
    size_t len = 8 + num_values * 4;
    uint8_t *body = calloc(1, len);
    assert_non_null(body);
    body[4] = 0xff;
    body[5] = 0xff;
    struct pg_bind bind;
    assert_int_equal(pg_bind_decode(slice_of(body, len), &bind), PG_OK);
    struct slice out;
    const struct slice added = slice_text("acme");
    struct writer w = writer_measuring();
    pg_bind_write(&w, &bind, bind.statement, &added);
    assert_false(writer_done(&w, &out));
    w = writer_measuring();
    pg_bind_write(&w, &bind, bind.statement, NULL);
    assert_true(writer_done(&w, &out));
    assert_int_equal(writer_len(&w), len + 5);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_rewriting),
        cmocka_unit_test(test_one_value_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
