/* SPDX-License-Identifier: Apache-2.0
 *
 * The small parts of a link: search path, md5 answer, what a server may report, error texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/isolation.h"
#include "protocol/pg/error_fields.h"
#include "proxy/pg/close_reason.h"
#include "proxy/pg/md5_password.h"
#include "proxy/pg/nonce.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/search_path.h"
#include "proxy/pg/server_parameters.h"
#include "tests/cmocka_all.h"

static void test_search_path_quotes_and_ends_with_pg_temp(void **state)
{
    (void)state;
    char one[] = "public";
    char two[] = "we\"ird, name";
    char *schemas[] = {one, two, NULL};
    const struct config_row row = {.schemas = schemas, .num_schemas = 2};
    char *text = search_path_text(&row);
    assert_string_equal(text, "\"public\", \"we\"\"ird, name\", pg_temp");
    free(text);
}

/* As PostgreSQL computes it: md5(md5("secret" "joe") "\1\2\3\4"). */
static void test_md5_answer(void **state)
{
    (void)state;
    char answer[MD5_ANSWER_LEN];
    assert_true(
        md5_password(slice_text("joe"), slice_text("secret"), slice_of("\1\2\3\4", 4), answer));
    assert_memory_equal(answer, "md5", 3);
    char again[MD5_ANSWER_LEN];
    assert_true(
        md5_password(slice_text("joe"), slice_text("secret"), slice_of("\1\2\3\5", 4), again));
    assert_memory_not_equal(answer, again, sizeof answer);
    assert_true(md5_password(slice_of(NULL, 0), slice_of(NULL, 0), slice_of(NULL, 0), again));
    /* md5("d41d8cd98f00b204e9800998ecf8427e") */
    assert_memory_equal(again, "md574be16979710d4c4e7c6647856088456", sizeof again);
}

static void test_reports_that_contradict_the_pins(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
        enum server_parameter_verdict expected;
    } cases[] = {
        {"client_encoding", "UTF8", SERVER_PARAMETER_FINE},
        {"client_encoding", "SQL_ASCII", SERVER_PARAMETER_WRONG},
        {"server_encoding", "LATIN1", SERVER_PARAMETER_WRONG},
        {"standard_conforming_strings", "off", SERVER_PARAMETER_WRONG},
        {"integer_datetimes", "off", SERVER_PARAMETER_WRONG},
        {"server_version", "15.18 (Debian 15.18-0+deb12u1)", SERVER_PARAMETER_FINE},
        {"server_version", "18beta1", SERVER_PARAMETER_FINE},
        {"server_version", "19.0", SERVER_PARAMETER_WRONG},
        {"server_version", "150004", SERVER_PARAMETER_WRONG},
        {"server_version", "", SERVER_PARAMETER_WRONG},
        {"server_version", "x", SERVER_PARAMETER_WRONG},
        {"TimeZone", "anything", SERVER_PARAMETER_FINE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            server_parameter_check(slice_text(cases[i].name), slice_text(cases[i].value)),
            cases[i].expected);
    }
}

static void test_parameters_are_kept_up_to_a_limit(void **state)
{
    (void)state;
    struct server_parameters p = {.num_items = 0};
    struct server_parameters copy = {.num_items = 0};
    char name[8];
    for (size_t i = 0; i < SERVER_PARAMETERS_MAX; i++) {
        (void)snprintf(name, sizeof name, "p%zu", i);
        assert_true(server_parameters_set(&p, slice_text(name), slice_text("1")));
    }
    assert_false(server_parameters_set(&p, slice_text("more"), slice_text("1")));
    assert_true(server_parameters_set(&p, slice_text("p3"), slice_text("two")));
    server_parameters_copy(&p, &copy);
    assert_string_equal(server_parameters_find(&copy, "p3"), "two");
    assert_null(server_parameters_find(&copy, "more"));
    server_parameters_fini(&p);
    server_parameters_fini(&copy);
}

static void test_long_error_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char name[2 * REFUSAL_TEXT_MAX];
    for (size_t i = 0; i < sizeof name; i += 2) {
        name[i] = '\xc3';
        name[i + 1] = '\xa4';
    }
    struct refusal *refusal = refusal_new("26000", "x %s", slice_of(name, sizeof name));
    assert_int_equal(strlen(refusal->message), REFUSAL_TEXT_MAX);
    uint8_t memory[REFUSAL_TEXT_MAX + 256];
    assert_true(refusal_room(refusal) <= sizeof memory);
    struct writer w = writer_over(memory, refusal_room(refusal));
    refusal_write(refusal, &w);
    struct slice written;
    struct slice fields;
    assert_true(writer_done(&w, &written));
    assert_int_equal(pg_error_decode(slice_from(written, 5), &fields), PG_OK);
    assert_true(slice_equal(pg_error_field_find(fields, PG_ERROR_SQLSTATE), slice_text("26000")));
    refusal_free(&refusal);
    assert_null(refusal);
}

static void test_every_close_reason_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < CLOSE_REASONS; i++) {
        enum close_reason reason = (enum close_reason)i;
        assert_true(strlen(close_label(reason)) > 0);
        assert_true(strlen(close_sqlstate(reason)) == 5 || close_sqlstate(reason)[0] == '\0');
        assert_int_equal(close_message(reason)[0] == '\0', close_sqlstate(reason)[0] == '\0');
    }
}

static void test_nonces_differ(void **state)
{
    (void)state;
    char a[NONCE_TEXT_LEN];
    char b[NONCE_TEXT_LEN];
    nonce_make(a);
    nonce_make(b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_null(memchr(a, ',', sizeof a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search_path_quotes_and_ends_with_pg_temp),
        cmocka_unit_test(test_md5_answer),
        cmocka_unit_test(test_reports_that_contradict_the_pins),
        cmocka_unit_test(test_parameters_are_kept_up_to_a_limit),
        cmocka_unit_test(test_long_error_texts_are_cut_between_characters),
        cmocka_unit_test(test_every_close_reason_is_whole),
        cmocka_unit_test(test_nonces_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
