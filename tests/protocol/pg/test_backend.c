/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/backend.h"

#include "protocol/pg/bind.h"
#include "tests/cmocka_all.h"
#include "tests/protocol/pg/decoder_cases.h"

static enum pg_status decode_ready(struct slice body)
{
    enum pg_ready out;
    return pg_ready_decode(body, &out);
}

static enum pg_status decode_parameter(struct slice body)
{
    struct pg_parameter_status out;
    return pg_parameter_status_decode(body, &out);
}

static enum pg_status decode_parameters(struct slice body)
{
    uint16_t num_types;
    struct slice types;
    return pg_parameter_description_decode(body, &num_types, &types);
}

static enum pg_status decode_rows(struct slice body)
{
    uint16_t num_columns;
    struct slice columns;
    return pg_row_description_decode(body, &num_columns, &columns);
}

static enum pg_status decode_row(struct slice body)
{
    uint16_t num_fields;
    struct slice fields;
    return pg_data_row_decode(body, &num_fields, &fields);
}

static enum pg_status decode_notification(struct slice body)
{
    struct pg_notification out;
    return pg_notification_decode(body, &out);
}

static enum pg_status decode_copy_start(struct slice body)
{
    uint8_t format;
    uint16_t num_columns;
    return pg_copy_start_decode(body, &format, &num_columns);
}

#define COLUMN "id\0\0\0\x40\1\0\2\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"

static const struct decoder_case cases[] = {
    {decode_ready, BYTES("I"), PG_OK},
    {decode_ready, BYTES("T"), PG_OK},
    {decode_ready, BYTES("E"), PG_OK},
    {decode_ready, BYTES("X"), PG_MALFORMED},
    {decode_ready, BYTES("\0"), PG_MALFORMED},
    {decode_parameter, BYTES("TimeZone\0UTC\0"), PG_OK},
    {decode_parameter, BYTES("application_name\0\0"), PG_OK},
    {decode_parameter, BYTES("\0x\0"), PG_MALFORMED},
    {decode_parameters, BYTES("\0\0"), PG_OK},
    {decode_parameters, BYTES("\0\1\0\0\0\x19"), PG_OK},
    {decode_parameters, BYTES("\xff\xff\0\0\0\x19"), PG_MALFORMED},
    {decode_rows, BYTES("\0\0"), PG_OK},
    {decode_rows, BYTES("\0\2" COLUMN COLUMN), PG_OK},
    {decode_rows, BYTES("\xff\xff" COLUMN), PG_MALFORMED},
    {decode_row, BYTES("\0\0"), PG_OK},
    {decode_row, BYTES("\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0"), PG_OK},
    {decode_row, BYTES("\0\1\xff\xff\xff\xfe"), PG_MALFORMED},
    {decode_row, BYTES("\0\1\x80\0\0\0"), PG_MALFORMED},
    {decode_row, BYTES("\0\1\x7f\xff\xff\xff"), PG_MALFORMED},
    {decode_row, BYTES("\0\1\0\0\0\3ab"), PG_MALFORMED},
    {decode_row, BYTES("\xff\xff\xff\xff\xff\xff"), PG_MALFORMED}, /* fewer than promised */
    {decode_notification, BYTES("\0\0\0\1ch\0pay\0"), PG_OK},
    {decode_copy_start, BYTES("\0\0\2\0\0\0\1"), PG_OK},
    {decode_copy_start, BYTES("\1\0\0"), PG_OK},
    {decode_copy_start, BYTES("\2\0\0"), PG_MALFORMED},
};

static void test_forms(void **state)
{
    (void)state;
    check_decoder_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_columns_and_fields(void **state)
{
    (void)state;
    uint16_t count = 0;
    struct slice left;
    assert_int_equal(pg_row_description_decode(slice_of(BYTES("\0\1" COLUMN)), &count, &left),
                     PG_OK);
    struct pg_column column;
    assert_int_equal(count, 1);
    assert_true(pg_column_next(&left, &column));
    assert_true(slice_equal(column.name, slice_text("id")));
    assert_int_equal(column.table_oid, 16385);
    assert_int_equal(column.attnum, 2);
    assert_int_equal(column.type_oid, 23);
    assert_false(pg_column_next(&left, &column));

    assert_int_equal(
        pg_data_row_decode(slice_of(BYTES("\0\2\xff\xff\xff\xff\0\0\0\2ab")), &count, &left),
        PG_OK);
    struct pg_value value;
    assert_true(pg_value_next(&left, &value));
    assert_true(value.is_null);
    assert_true(pg_value_next(&left, &value));
    assert_false(value.is_null);
    assert_true(slice_equal(value.bytes, slice_text("ab")));
    assert_false(pg_value_next(&left, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_columns_and_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
