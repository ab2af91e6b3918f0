/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/error_fields.h"

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/decoder_cases.h"

static enum pg_status decode(struct slice body)
{
    struct slice fields;
    return pg_error_decode(body, &fields);
}

static const struct decoder_case cases[] = {
    {decode, BYTES("\0"), PG_OK}, /* no field at all */
    {decode, BYTES("SERROR\0C42P01\0Mmissing\0\0"), PG_OK},
    {decode, BYTES("C\0\0"), PG_OK},                   /* empty */
    {decode, BYTES("C42P01\0C42501\0\0"), PG_OK},      /* twice */
    {decode, BYTES("SERROR\0"), PG_MALFORMED},         /* no terminator */
    {decode, BYTES("SERROR\0\0\0"), PG_MALFORMED},     /* two */
    {decode, BYTES("SERROR\0\0Cx\0\0"), PG_MALFORMED}, /* fields behind it */
    {decode, BYTES("SERROR"), PG_MALFORMED},
};

static void test_forms(void **state)
{
    (void)state;
    check_decoder_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_fields_may_be_absent_empty_or_twice(void **state)
{
    (void)state;
    struct slice fields;
    assert_int_equal(pg_error_decode(slice_of(BYTES("C1\0M\0C2\0\0")), &fields), PG_OK);
    assert_true(slice_equal(pg_error_field_find(fields, 'C'), slice_text("1")));
    assert_int_equal(pg_error_field_find(fields, 'M').len, 0);
    assert_int_equal(pg_error_field_find(fields, 'H').len, 0);
    assert_int_equal(pg_error_decode(slice_of(BYTES("\0")), &fields), PG_OK);
    assert_int_equal(pg_error_field_find(fields, 'C').len, 0);
    assert_int_equal(pg_error_position(fields), 0);
}

static void test_positions(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
        int32_t position;
    } samples[] = {
        {BYTES("P8\0\0"), 8},
        {BYTES("P2147483647\0\0"), INT32_MAX},
        {BYTES("P2147483648\0\0"), 0},
        {BYTES("P9999999999\0\0"), 0},
        {BYTES("P99999999999999999999\0\0"), 0},
        {BYTES("P\0\0"), 0},
        {BYTES("P-1\0\0"), 0},
        {BYTES("P8x\0\0"), 0},
        {BYTES("Mx\0\0"), 0},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct slice fields;
        assert_int_equal(pg_error_decode(slice_of(samples[i].body, samples[i].len), &fields),
                         PG_OK);
        assert_int_equal(pg_error_position(fields), samples[i].position);
    }
}

static const struct rewrite_case {
    const char *body;
    size_t len;
    const char *dropped;
    int32_t position;
    const char *written;
    size_t written_len;
} rewrite_cases[] = {
    {BYTES("SERROR\0Mx\0P8\0\0"), "", 12, BYTES("SERROR\0Mx\0P12\0\0")},
    {BYTES("SERROR\0P8\0Dx\0Hy\0\0"), "D", INT32_MAX, BYTES("SERROR\0P2147483647\0Hy\0\0")},
    {BYTES("SERROR\0P8\0Dx\0Hy\0\0"), "DHWq", 0, BYTES("SERROR\0\0")},
    {BYTES("P8\0P9\0\0"), "", 3, BYTES("P3\0\0")},
    {BYTES("Mx\0\0"), "", 3, BYTES("Mx\0\0")},
    {BYTES("\0"), "D", 3, BYTES("\0")},
};

static void test_rewriting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rewrite_cases / sizeof rewrite_cases[0]; i++) {
        const struct rewrite_case *c = &rewrite_cases[i];
        struct slice fields;
        assert_int_equal(pg_error_decode(slice_of(c->body, c->len), &fields), PG_OK);
        uint8_t memory[100];
        struct writer w = writer_over(memory, sizeof memory);
        const struct pg_error_changes changes = {slice_text(c->dropped), c->position};
        pg_error_rewrite(&w, 'E', fields, &changes);
        struct slice out;
        assert_true(writer_done(&w, &out));
        assert_int_equal(out.ptr[0], 'E');
        assert_int_equal(out.ptr[4], out.len - 1);
        assert_true(slice_equal(slice_from(out, 5), slice_of(c->written, c->written_len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_fields_may_be_absent_empty_or_twice),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_rewriting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
