/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/frontend.h"

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/decoder_cases.h"

static enum pg_status decode_text(struct slice body)
{
    struct slice out;
    return pg_text_decode(body, &out);
}

static enum pg_status decode_parse(struct slice body)
{
    struct pg_parse out;
    return pg_parse_decode(body, &out);
}

static enum pg_status decode_named(struct slice body)
{
    struct pg_named out;
    return pg_named_decode(body, &out);
}

static enum pg_status decode_execute(struct slice body)
{
    struct pg_execute out;
    return pg_execute_decode(body, &out);
}

static enum pg_status decode_password(struct slice body)
{
    struct slice out;
    return pg_password_decode(body, &out);
}

static enum pg_status decode_sasl(struct slice body)
{
    struct pg_sasl_initial out;
    return pg_sasl_initial_decode(body, &out);
}

static enum pg_status decode_function(struct slice body)
{
    uint32_t out;
    return pg_function_call_decode(body, &out);
}

static const struct decoder_case cases[] = {
    {pg_empty_decode, BYTES(""), PG_OK},
    {decode_text, BYTES("select 1\0"), PG_OK},
    {decode_text, BYTES("\0"), PG_OK},
    {decode_text, BYTES("a\0b\0"), PG_MALFORMED}, /* a NUL inside */
    {decode_parse, BYTES("\0select 1\0\0\0"), PG_OK},
    {decode_parse, BYTES("s\0select $1\0\0\2\0\0\0\x19\0\0\0\0"), PG_OK},
    {decode_parse, BYTES("s\0select $1\0\xff\xff\0\0\0\x19"), PG_MALFORMED},
    {decode_named, BYTES("Ss\0"), PG_OK},
    {decode_named, BYTES("P\0"), PG_OK},
    {decode_named, BYTES("Xs\0"), PG_MALFORMED},
    {decode_named, BYTES("\0s\0"), PG_MALFORMED},
    {decode_named, BYTES("ss\0"), PG_MALFORMED},
    {decode_execute, BYTES("\0\0\0\0\0"), PG_OK},
    {decode_execute, BYTES("p\0\xff\xff\xff\xff"), PG_OK},
    {decode_password, BYTES("secret\0"), PG_OK},
    {decode_sasl, BYTES("SCRAM-SHA-256\0\0\0\0\3n,,"), PG_OK},
    {decode_sasl, BYTES("SCRAM-SHA-256\0\xff\xff\xff\xff"), PG_OK},
    {decode_sasl, BYTES("SCRAM-SHA-256\0\0\0\0\0"), PG_OK},
    {decode_sasl, BYTES("SCRAM-SHA-256\0\xff\xff\xff\xfe"), PG_MALFORMED},
    {decode_sasl, BYTES("SCRAM-SHA-256\0\x80\0\0\0"), PG_MALFORMED},
    {decode_sasl, BYTES("SCRAM-SHA-256\0\x7f\xff\xff\xffn,,"), PG_MALFORMED},
    {decode_function, BYTES("\0\0\0\1\0\0\0\1\0\0\0\2ab\0\1"), PG_OK},
    {decode_function, BYTES("\0\0\0\1\0\1\0\1\0\0\0\0"), PG_OK},
    {decode_function, BYTES("\0\0\0\1\0\0\0\1\xff\xff\xff\xff\0\0"), PG_OK},
    {decode_function, BYTES("\0\0\0\1\0\0\0\1\xff\xff\xff\xfe\0\0"), PG_MALFORMED},
    {decode_function, BYTES("\0\0\0\1\0\2\0\0\0\0\0\1\0\0\0\0\0\0"), PG_MALFORMED},
};

static void test_forms(void **state)
{
    (void)state;
    check_decoder_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_values_of_fields(void **state)
{
    (void)state;
    struct pg_parse parse;
    assert_int_equal(
        pg_parse_decode(slice_of(BYTES("s\0select $1\0\0\2\0\0\0\x19\0\0\0\7")), &parse), PG_OK);
    assert_true(slice_equal(parse.name, slice_text("s")));
    assert_true(slice_equal(parse.text, slice_text("select $1")));
    uint32_t type = 0;
    assert_true(pg_type_next(&parse.types, &type));
    assert_int_equal(type, 25);
    assert_true(pg_type_next(&parse.types, &type));
    assert_int_equal(type, 7);
    assert_false(pg_type_next(&parse.types, &type));

    struct pg_named named;
    assert_int_equal(pg_named_decode(slice_of(BYTES("Pp\0")), &named), PG_OK);
    assert_int_equal(named.target, PG_PORTAL);
    assert_true(slice_equal(named.name, slice_text("p")));

    struct pg_execute execute;
    assert_int_equal(pg_execute_decode(slice_of(BYTES("p\0\0\0\1\0")), &execute), PG_OK);
    assert_int_equal(execute.max_rows, 256);

    struct pg_sasl_initial sasl;
    assert_int_equal(pg_sasl_initial_decode(slice_of(BYTES("M\0\xff\xff\xff\xff")), &sasl), PG_OK);
    assert_false(sasl.has_data);
    assert_int_equal(pg_sasl_initial_decode(slice_of(BYTES("M\0\0\0\0\0")), &sasl), PG_OK);
    assert_true(sasl.has_data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_values_of_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
