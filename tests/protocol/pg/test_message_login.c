/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/message_login.h"

#include "tests/cmocka_all.h"
#include "tests/protocol/pg/written.h"

static void write_startup(struct writer *w)
{
    const struct pg_setting settings[] = {{slice_text("user"), slice_text("app")},
                                          {slice_text("x"), slice_text("")}};
    pg_write_startup(w, PG_VERSION_3_0, settings, 2);
}

static void write_empty_name(struct writer *w)
{
    const struct pg_setting settings[] = {{slice_text(""), slice_text("app")}};
    pg_write_startup(w, PG_VERSION_3_0, settings, 1);
}

static void write_cancel(struct writer *w)
{
    pg_write_cancel(w, 258, slice_text("abcd"));
}

static void write_password(struct writer *w)
{
    pg_write_password(w, slice_text("secret"));
}

static void write_initial(struct writer *w)
{
    pg_write_sasl_initial(w, slice_text("M"), slice_text("n,,"));
}

static void write_response(struct writer *w)
{
    pg_write_sasl_response(w, slice_text("c=biws"));
}

static const struct written_case cases[] = {
    {write_startup, BYTES("\0\0\0\x15\0\3\0\0user\0app\0x\0\0\0")},
    {pg_write_ssl_request, BYTES("\0\0\0\x08\x04\xd2\x16\x2f")},
    {write_cancel, BYTES("\0\0\0\x10\x04\xd2\x16\x2e\0\0\1\2abcd")},
    {write_password, BYTES("p\0\0\0\x0bsecret\0")},
    {write_initial, BYTES("p\0\0\0\x0dM\0\0\0\0\3n,,")},
    {write_response, BYTES("p\0\0\0\x0a"
                           "c=biws")},
};

static void test_bytes(void **state)
{
    (void)state;
    check_written_cases(cases, sizeof cases / sizeof cases[0]);
    check_never_written(write_empty_name);
}

/* What is written here is what startup.c reads. */
static void test_round_trip(void **state)
{
    (void)state;
    uint8_t memory[100];
    struct writer w = writer_over(memory, sizeof memory);
    write_startup(&w);
    struct slice out;
    assert_true(writer_done(&w, &out));
    struct pg_startup startup;
    assert_int_equal(pg_startup_decode(slice_from(out, 4), &startup), PG_OK);
    assert_int_equal(startup.kind, PG_STARTUP_SESSION);
    assert_true(slice_equal(startup.user, slice_text("app")));

    w = writer_over(memory, sizeof memory);
    write_cancel(&w);
    assert_true(writer_done(&w, &out));
    assert_int_equal(pg_startup_decode(slice_from(out, 4), &startup), PG_OK);
    assert_int_equal(startup.kind, PG_STARTUP_CANCEL);
    assert_int_equal(startup.process_id, 258);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
