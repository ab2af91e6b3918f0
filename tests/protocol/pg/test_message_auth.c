/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/message_auth.h"

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/written.h"

static void write_ok(struct writer *w)
{
    pg_write_auth(w, PG_AUTH_OK);
}

static void write_cleartext(struct writer *w)
{
    pg_write_auth(w, PG_AUTH_CLEARTEXT);
}

static void write_sasl(struct writer *w)
{
    const struct slice mechanisms[] = {slice_text("A"), slice_text("BC")};
    pg_write_auth_sasl(w, mechanisms, 2);
}

static void write_continue(struct writer *w)
{
    pg_write_auth_data(w, PG_AUTH_SASL_CONTINUE, slice_text("r=1"));
}

static void write_final(struct writer *w)
{
    pg_write_auth_data(w, PG_AUTH_SASL_FINAL, slice_text("v=1"));
}

static void write_parameter(struct writer *w)
{
    pg_write_parameter_status(w, slice_text("TimeZone"), slice_text(""));
}

static void write_key(struct writer *w)
{
    pg_write_key_data(w, 258, slice_text("abcd"));
}

static void write_short_key(struct writer *w)
{
    pg_write_key_data(w, 258, slice_text("abc"));
}

static void write_negotiate(struct writer *w)
{
    const struct slice options[] = {slice_text("_pq_.x")};
    pg_write_negotiate(w, 0x30002, options, 1);
}

static void write_nul(struct writer *w)
{
    pg_write_parameter_status(w, slice_text("a"), slice_of("b\0c", 3));
}

static const struct written_case cases[] = {
    {write_ok, BYTES("R\0\0\0\x08\0\0\0\0")},
    {write_cleartext, BYTES("R\0\0\0\x08\0\0\0\3")},
    {write_sasl, BYTES("R\0\0\0\x0e\0\0\0\x0a"
                       "A\0BC\0\0")},
    {write_continue, BYTES("R\0\0\0\x0b\0\0\0\x0br=1")},
    {write_final, BYTES("R\0\0\0\x0b\0\0\0\x0cv=1")},
    {write_parameter, BYTES("S\0\0\0\x0eTimeZone\0\0")},
    {write_key, BYTES("K\0\0\0\x0c\0\0\1\2abcd")},
    {write_negotiate, BYTES("v\0\0\0\x13\0\3\0\2\0\0\0\1_pq_.x\0")},
};

static void test_bytes(void **state)
{
    (void)state;
    check_written_cases(cases, sizeof cases / sizeof cases[0]);
    check_never_written(write_short_key);
    check_never_written(write_nul);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
