/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/message_request.h"

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/written.h"

static void write_query(struct writer *w)
{
    pg_write_query(w, slice_text("select"));
}

static void write_query_in_pieces(struct writer *w)
{
    size_t mark = pg_begin_query(w);
    writer_bytes(w, slice_text("sel"));
    writer_bytes(w, slice_text("ect"));
    pg_end_query(w, mark);
}

static void write_plain_parse(struct writer *w)
{
    const struct pg_parse_types types = {.given = slice_of("\0\0\0\7", 4), .num_params = 3};
    pg_write_parse(w, slice_text("s"), slice_text("x"), &types);
}

static void write_parse_with_added(struct writer *w)
{
    const struct pg_parse_types types = {
        .given = slice_of("\0\0\0\7", 4), .num_params = 2, .added_type = 25};
    size_t mark = pg_begin_parse(w, slice_text("s"));
    writer_bytes(w, slice_text("x"));
    pg_end_parse(w, mark, &types);
}

static void write_parse_with_added_only(struct writer *w)
{
    const struct pg_parse_types types = {.added_type = 25};
    pg_write_parse(w, slice_text(""), slice_text("x"), &types);
}

static void write_parse_with_too_many_given(struct writer *w)
{
    const struct pg_parse_types types = {.given = slice_of("\0\0\0\7", 4), .num_params = 0};
    pg_write_parse(w, slice_text(""), slice_text("x"), &types);
}

static void write_parse_with_too_many(struct writer *w)
{
    const struct pg_parse_types types = {.num_params = UINT16_MAX, .added_type = 25};
    pg_write_parse(w, slice_text(""), slice_text("x"), &types);
}

static void write_describe(struct writer *w)
{
    pg_write_describe(w, PG_STATEMENT, slice_text("s"));
}

static void write_close(struct writer *w)
{
    pg_write_close(w, PG_PORTAL, slice_text(""));
}

static void write_execute(struct writer *w)
{
    pg_write_execute(w, slice_text("p"), 256);
}

static void write_sync(struct writer *w)
{
    pg_write_bare_request(w, PG_SYNC);
}

static void write_copy_fail(struct writer *w)
{
    pg_write_copy_fail(w, slice_text("no"));
}

static const struct written_case cases[] = {
    {write_query, BYTES("Q\0\0\0\x0bselect\0")},
    {write_query_in_pieces, BYTES("Q\0\0\0\x0bselect\0")},
    {write_plain_parse, BYTES("P\0\0\0\x0es\0x\0\0\1\0\0\0\7")},
    {write_parse_with_added, BYTES("P\0\0\0\x16s\0x\0\0\3\0\0\0\7\0\0\0\0\0\0\0\x19")},
    {write_parse_with_added_only, BYTES("P\0\0\0\x0d\0x\0\0\1\0\0\0\x19")},
    {write_describe, BYTES("D\0\0\0\7Ss\0")},
    {write_close, BYTES("C\0\0\0\6P\0")},
    {write_execute, BYTES("E\0\0\0\x0ap\0\0\0\1\0")},
    {write_sync, BYTES("S\0\0\0\4")},
    {write_copy_fail, BYTES("f\0\0\0\7no\0")},
};

static void test_bytes(void **state)
{
    (void)state;
    check_written_cases(cases, sizeof cases / sizeof cases[0]);
    check_never_written(write_parse_with_too_many_given);
    check_never_written(write_parse_with_too_many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
