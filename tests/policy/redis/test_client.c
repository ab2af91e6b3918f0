/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/redis/client.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/policy/redis/request_of.h"

/* What the client answers to `text`, as a NUL-terminated text in *out. */
static enum redis_local_next ask(struct redis_client *c, const char *text, char out[TYPED_CAP],
                                 struct redis_login *out_login)
{
    static struct typed typed;
    struct redis_scratch scratch = {.cap = 0};
    struct redis_decision decision;
    type_request(&typed, text);
    redis_decide(&typed.request, &scratch, &decision);
    assert_int_equal(decision.verdict, REDIS_LOCAL);
    size_t cap = redis_client_answer_cap(&typed.request, decision.id);
    assert_true(cap < TYPED_CAP);
    struct writer w = writer_over(out, cap);
    enum redis_local_next next = redis_client_answer(c, &typed.request, decision.id, &w, out_login);
    struct slice written;
    assert_true(writer_done(&w, &written));
    out[written.len] = '\0';
    redis_scratch_fini(&scratch);
    return next;
}

static void assert_answer(struct redis_client *c, const char *text, const char *expected)
{
    char out[TYPED_CAP];
    struct redis_login login;
    assert_int_equal(ask(c, text, out, &login), REDIS_LOCAL_DONE);
    assert_string_equal(out, expected);
}

static void test_answers_what_needs_no_server(void **state)
{
    (void)state;
    struct redis_client c;
    redis_client_init(&c, 7);
    assert_answer(&c, "ping", "+PONG\r\n");
    assert_answer(&c, "ping hello", "$5\r\nhello\r\n");
    assert_answer(&c, "ping a b", "-ERR wrong number of arguments for 'ping' command\r\n");
    assert_answer(&c, "echo hi", "$2\r\nhi\r\n");
    assert_answer(&c, "select 0", "+OK\r\n");
    assert_answer(&c, "select 1", "-ERR DB index is out of range\r\n");
    assert_answer(&c, "select +0", "-ERR value is not an integer or out of range\r\n");
    assert_answer(&c, "client id", ":7\r\n");
    assert_answer(&c, "client getname", "$-1\r\n");
    assert_answer(&c, "client setname me", "+OK\r\n");
    assert_answer(&c, "client getname", "$2\r\nme\r\n");
    assert_answer(&c, "client setname a\nb",
                  "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
    assert_answer(&c, "client no-evict on", "+OK\r\n");
    assert_answer(&c, "client no-evict maybe", "-ERR syntax error\r\n");
    assert_answer(&c, "readonly", "-ERR This instance has cluster support disabled\r\n");
    assert_answer(&c, "config get SAVE", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
    assert_answer(&c, "config get dir requirepass", "*0\r\n");
    assert_answer(&c, "unwatch", "+OK\r\n");
}

static void test_names_have_a_cap(void **state)
{
    (void)state;
    struct redis_client c;
    redis_client_init(&c, 1);
    char text[128] = "client setname ";
    memset(text + 15, 'n', REDIS_CLIENT_NAME_CAP);
    assert_answer(&c, text, "+OK\r\n");
    text[15 + REDIS_CLIENT_NAME_CAP] = 'n';
    assert_answer(&c, text, "-ERR Client names cannot be longer than 64 bytes here\r\n");
}

static void test_info_names_the_version(void **state)
{
    (void)state;
    struct redis_client c;
    char out[TYPED_CAP];
    struct redis_login login;
    redis_client_init(&c, 1);
    assert_int_equal(ask(&c, "info", out, &login), REDIS_LOCAL_DONE);
    assert_non_null(strstr(out, "redis_version:7."));
    assert_int_equal(out[0], '$');
    c.version = RESP_3;
    assert_int_equal(ask(&c, "info server", out, &login), REDIS_LOCAL_DONE);
    assert_int_equal(out[0], '=');
    assert_non_null(strstr(out, "\r\ntxt:# Server\r\n"));
    assert_int_equal(ask(&c, "client info", out, &login), REDIS_LOCAL_DONE);
    assert_non_null(strstr(out, " resp=3\n"));
}

static void test_quit_closes_and_reset_starts_over(void **state)
{
    (void)state;
    struct redis_client c;
    char out[TYPED_CAP];
    struct redis_login login;
    redis_client_init(&c, 7);
    assert_answer(&c, "client setname me", "+OK\r\n");
    c.version = RESP_3;
    assert_int_equal(ask(&c, "reset", out, &login), REDIS_LOCAL_RESET);
    assert_string_equal(out, "+RESET\r\n");
    assert_int_equal(redis_client_version(&c), RESP_2);
    assert_answer(&c, "client getname", "$-1\r\n");
    assert_answer(&c, "client id", ":7\r\n");
    assert_int_equal(ask(&c, "quit", out, &login), REDIS_LOCAL_CLOSE);
    assert_string_equal(out, "+OK\r\n");
}

static void test_auth_hands_the_credentials_on(void **state)
{
    (void)state;
    struct redis_client c;
    char out[TYPED_CAP];
    struct redis_login login;
    redis_client_init(&c, 7);
    assert_int_equal(ask(&c, "auth acme pw", out, &login), REDIS_LOCAL_LOGIN);
    assert_true(slice_equal(login.user, slice_text("acme")));
    assert_true(slice_equal(login.password, slice_text("pw")));
    assert_true(login.has_credentials);
    assert_int_equal(ask(&c, "auth pw", out, &login), REDIS_LOCAL_LOGIN);
    assert_true(slice_equal(login.user, slice_text("default")));
    assert_answer(&c, "auth a b c", "-ERR syntax error\r\n");
    struct writer w = writer_over(out, sizeof out);
    redis_client_admit(&c, &login, &w);
    assert_memory_equal(out, "+OK\r\n", 5);
}

static void test_hello_changes_the_version_when_admitted(void **state)
{
    (void)state;
    struct redis_client c;
    char out[TYPED_CAP];
    struct redis_login login;
    redis_client_init(&c, 7);
    assert_int_equal(ask(&c, "hello 3 AUTH acme pw SETNAME me", out, &login), REDIS_LOCAL_LOGIN);
    assert_true(login.has_credentials && login.is_hello && login.has_name);
    assert_int_equal(redis_client_version(&c), RESP_2);
    struct writer w = writer_over(out, sizeof out);
    redis_client_admit(&c, &login, &w);
    assert_memory_equal(out, "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n", 27);
    assert_answer(&c, "client getname", "$2\r\nme\r\n");
    assert_int_equal(ask(&c, "hello", out, &login), REDIS_LOCAL_LOGIN);
    assert_false(login.has_credentials);
    assert_int_equal(login.version, RESP_3);
}

static void test_hello_refuses_what_redis_refuses(void **state)
{
    (void)state;
    struct redis_client c;
    redis_client_init(&c, 7);
    assert_answer(&c, "hello 4", "-NOPROTO unsupported protocol version\r\n");
    assert_answer(&c, "hello 03", "-ERR Protocol version is not an integer or out of range\r\n");
    assert_answer(&c, "hello 3 auth x", "-ERR Syntax error in HELLO option\r\n");
    assert_answer(&c, "hello 3 foo", "-ERR Syntax error in HELLO option\r\n");
    assert_answer(&c, "hello 3 setname a\tb",
                  "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_what_needs_no_server),
        cmocka_unit_test(test_names_have_a_cap),
        cmocka_unit_test(test_info_names_the_version),
        cmocka_unit_test(test_quit_closes_and_reset_starts_over),
        cmocka_unit_test(test_auth_hands_the_credentials_on),
        cmocka_unit_test(test_hello_changes_the_version_when_admitted),
        cmocka_unit_test(test_hello_refuses_what_redis_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
