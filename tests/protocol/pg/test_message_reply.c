/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/message_reply.h"

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/written.h"

static void write_parse_complete(struct writer *w)
{
    pg_write_bare_reply(w, PG_PARSE_COMPLETE);
}

static void write_ready(struct writer *w)
{
    pg_write_ready(w, PG_READY_FAILED);
}

static void write_tag(struct writer *w)
{
    pg_write_command_complete(w, slice_text("DISCARD ALL"));
}

static void write_parameters(struct writer *w)
{
    pg_write_parameter_description(w, slice_of("\0\0\0\1\0\0\0\2", 8), 1);
}

static void write_no_parameters(struct writer *w)
{
    pg_write_parameter_description(w, slice_of(NULL, 0), 0);
}

static void write_error(struct writer *w)
{
    const struct pg_report report = {
        .kind = PG_REPORT_ERROR,
        .sqlstate = "42501",
        .message = slice_text("no"),
        .detail = slice_text("why"),
        .hint = slice_text("how"),
        .position = 2147483647,
    };
    pg_write_report(w, &report);
}

static void write_fatal(struct writer *w)
{
    const struct pg_report report = {
        .kind = PG_REPORT_FATAL, .sqlstate = "28000", .message = slice_text("no")};
    pg_write_report(w, &report);
}

static void write_notice(struct writer *w)
{
    const struct pg_report report = {
        .kind = PG_REPORT_WARNING, .sqlstate = "01000", .message = slice_text("x")};
    pg_write_report(w, &report);
}

static const struct written_case cases[] = {
    {write_parse_complete, BYTES("1\0\0\0\4")},
    {write_ready, BYTES("Z\0\0\0\5E")},
    {write_tag, BYTES("C\0\0\0\x10"
                      "DISCARD ALL\0")},
    {write_parameters, BYTES("t\0\0\0\x0a\0\1\0\0\0\1")},
    {write_no_parameters, BYTES("t\0\0\0\6\0\0")},
    {write_error, BYTES("E\0\0\0\x34SERROR\0VERROR\0C42501\0Mno\0Dwhy\0Hhow\0P2147483647\0\0")},
    {write_fatal, BYTES("E\0\0\0\x1eSFATAL\0VFATAL\0C28000\0Mno\0\0")},
    {write_notice, BYTES("N\0\0\0\x21SWARNING\0VWARNING\0C01000\0Mx\0\0")},
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
