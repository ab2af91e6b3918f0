/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/message_rows.h"

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/written.h"

static void write_columns(struct writer *w)
{
    const struct pg_column columns[] = {
        {.name = slice_text("n"), .type_oid = PG_TYPE_INT8, .format = 1},
        {.name = slice_text("t"), .type_oid = PG_TYPE_TEXT},
    };
    pg_write_row_description(w, columns, 2);
}

static void write_row(struct writer *w)
{
    size_t mark = pg_begin_data_row(w, 3);
    pg_write_value(w, slice_text("ab"));
    pg_write_null(w);
    pg_write_value(w, slice_text(""));
    pg_end_data_row(w, mark);
}

static const struct written_case cases[] = {
    {write_columns, BYTES("T\0\0\0\x2e\0\2n\0\0\0\0\0\0\0\0\0\0\x14\0\x08\xff\xff\xff\xff\0\1"
                          "t\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0")},
    {write_row, BYTES("D\0\0\0\x14\0\3\0\0\0\2"
                      "ab\xff\xff\xff\xff\0\0\0\0")},
};

static void test_bytes(void **state)
{
    (void)state;
    check_written_cases(cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
