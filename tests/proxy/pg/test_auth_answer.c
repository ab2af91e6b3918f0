/* SPDX-License-Identifier: Apache-2.0
 *
 * The question's bytes, and what a server's answers to it come to: who is let in is decided here,
 * so each way an answer can be in doubt is a case. */
#include "proxy/pg/auth_answer.h"

#include <string.h>

#include "protocol/pg/bind.h"
#include "protocol/pg/frontend.h"
#include "tests/cmocka_all.h"

#define VERIFIER                                                                                \
    "SCRAM-SHA-256$4096:AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define USER      "app.acme"
#define NOW       INT64_C(800000000000000) /* microseconds since 2000: in 2025 */
#define NO_LIMIT  INT64_C(-1)              /* VALID UNTIL is NULL */
#define BYTES_CAP ((size_t)4096)

/* One answer of a server; what is left out is as it should be. */
struct sample {
    const char *what;
    const char *name;   /* NULL: is NULL */
    const char *secret; /* the same */
    const char *login;
    int64_t until;
    unsigned num_rows;
    uint32_t login_type;
    uint32_t until_type;
    uint16_t num_columns;
    enum auth_outcome expected;
    int64_t left_us;
};

static const struct sample samples[] = {
    {"a user", USER, VERIFIER, "t", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_USER, INT64_MAX},
    {"infinity", USER, VERIFIER, "t", INT64_MAX, 1, 16, 1184, 4, AUTH_OUTCOME_USER, INT64_MAX},
    {"a second", USER, VERIFIER, "t", NOW + 1000000, 1, 16, 1184, 4, AUTH_OUTCOME_USER, 1000000},
    {"the last moment", USER, VERIFIER, "t", NOW + 1, 1, 16, 1184, 4, AUTH_OUTCOME_USER, 1},
    {"now", USER, VERIFIER, "t", NOW, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"long ago", USER, VERIFIER, "t", -NOW, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"-infinity", USER, VERIFIER, "t", INT64_MIN, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"NOLOGIN", USER, VERIFIER, "f", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"may log in is NULL", USER, VERIFIER, NULL, NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"may log in is nonsense", USER, VERIFIER, "true", NO_LIMIT, 1, 16, 1184, 4,
     AUTH_OUTCOME_NOBODY, 0},
    {"no password", USER, NULL, "t", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"an empty one", USER, "", "t", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"md5", USER, "md5c4a3dd4ad5d4f4b4b4b4b4b4b4b4b4b4", "t", NO_LIMIT, 1, 16, 1184, 4,
     AUTH_OUTCOME_NOBODY, 0},
    {"clear text", USER, "secret", "t", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"half a verifier", USER, "SCRAM-SHA-256$4096:AAAA", "t", NO_LIMIT, 1, 16, 1184, 4,
     AUTH_OUTCOME_NOBODY, 0},
    {"another name", "app.acm", VERIFIER, "t", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"another case", "APP.acme", VERIFIER, "t", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"no name", NULL, VERIFIER, "t", NO_LIMIT, 1, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"no row", USER, VERIFIER, "t", NO_LIMIT, 0, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"two rows", USER, VERIFIER, "t", NO_LIMIT, 2, 16, 1184, 4, AUTH_OUTCOME_NOBODY, 0},
    {"more rows than asked for", USER, VERIFIER, "t", NO_LIMIT, 3, 16, 1184, 4, AUTH_OUTCOME_BROKEN,
     0},
    {"no boolean", USER, VERIFIER, "t", NO_LIMIT, 1, 25, 1184, 4, AUTH_OUTCOME_FAILED, 0},
    {"a time without zone", USER, VERIFIER, "t", NO_LIMIT, 1, 16, 1114, 4, AUTH_OUTCOME_FAILED, 0},
    {"three columns", USER, VERIFIER, "t", NO_LIMIT, 1, 16, 1184, 3, AUTH_OUTCOME_BROKEN, 0},
    {"five columns", USER, VERIFIER, "t", NO_LIMIT, 1, 16, 1184, 5, AUTH_OUTCOME_BROKEN, 0},
};

static void write_time(struct writer *w, int64_t time)
{
    uint64_t bits = (uint64_t)time;
    writer_u32(w, 8);
    writer_u32(w, (uint32_t)(bits >> 32));
    writer_u32(w, (uint32_t)bits);
}

static void write_text(struct writer *w, const char *text)
{
    writer_u32(w, text == NULL ? UINT32_MAX : (uint32_t)strlen(text));
    writer_bytes(w, slice_text(text == NULL ? "" : text));
}

static void write_columns(struct writer *w, const struct sample *s)
{
    const uint32_t types[] = {19, 25, s->login_type, s->until_type, 25};
    writer_u8(w, 'T');
    size_t mark = writer_open_frame(w);
    writer_u16(w, s->num_columns);
    for (size_t i = 0; i < s->num_columns; i++) {
        writer_cstring(w, slice_text("column"));
        writer_u32(w, 0);
        writer_u16(w, 0);
        writer_u32(w, types[i]);
        writer_u16(w, 8);
        writer_u32(w, UINT32_MAX);
        writer_u16(w, i == 3 ? 1 : 0);
    }
    writer_close_frame(w, mark);
}

static void write_row(struct writer *w, const struct sample *s)
{
    writer_u8(w, 'D');
    size_t mark = writer_open_frame(w);
    writer_u16(w, 4);
    write_text(w, s->name);
    write_text(w, s->secret);
    write_text(w, s->login);
    if (s->until == NO_LIMIT) {
        write_text(w, NULL);
    } else {
        write_time(w, s->until);
    }
    writer_close_frame(w, mark);
}

static void write_bare(struct writer *w, uint8_t type, const char *body)
{
    writer_u8(w, type);
    size_t mark = writer_open_frame(w);
    writer_bytes(w, slice_text(body));
    if (type == 'C') {
        writer_u8(w, 0);
    }
    writer_close_frame(w, mark);
}

static void write_clock(struct writer *w)
{
    write_bare(w, '1', "");
    write_bare(w, '2', "");
    writer_u8(w, 'D');
    size_t mark = writer_open_frame(w);
    writer_u16(w, 1);
    write_time(w, NOW);
    writer_close_frame(w, mark);
    write_bare(w, 'C', "SELECT 1");
}

static struct slice write_answer(uint8_t memory[BYTES_CAP], const struct sample *s)
{
    struct slice written;
    struct writer w = writer_over(memory, BYTES_CAP);
    write_bare(&w, '1', "");
    write_bare(&w, '2', "");
    write_columns(&w, s);
    for (unsigned i = 0; i < s->num_rows; i++) {
        write_row(&w, s);
    }
    write_bare(&w, s->num_rows == 2 ? 's' : 'C', s->num_rows == 2 ? "" : "SELECT 1");
    write_clock(&w);
    write_bare(&w, 'Z', "I");
    assert_true(writer_done(&w, &written));
    return written;
}

/* Takes the messages but for number `skipped`, up to the first that is an outcome. */
static enum auth_outcome take_all(struct auth_answer *a, struct slice bytes, size_t skipped)
{
    enum auth_outcome outcome = AUTH_OUTCOME_MORE;
    struct pg_frame frame;
    auth_answer_init(a);
    for (size_t i = 0; outcome == AUTH_OUTCOME_MORE && bytes.len > 0; i++) {
        assert_int_equal(pg_frame_next(bytes, PG_SERVER, BYTES_CAP, &frame), SCAN_DONE);
        if (i != skipped) {
            outcome = auth_answer_take(a, slice_text(USER), &frame);
        }
        bytes = slice_from(bytes, frame.whole.len);
    }
    return outcome;
}

static void test_answers(void **state)
{
    (void)state;
    uint8_t memory[BYTES_CAP];
    struct auth_answer a;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *s = &samples[i];
        enum auth_outcome outcome = take_all(&a, write_answer(memory, s), SIZE_MAX);
        if (outcome != s->expected) {
            fail_msg("%s: %d, expected %d (%s)", s->what, (int)outcome, (int)s->expected,
                     a.failure);
        }
        if (outcome == AUTH_OUTCOME_USER) {
            assert_int_equal(a.verifier.iterations, 4096);
            assert_int_equal(a.left_us, s->left_us);
        }
    }
}

/* Without any one of its messages an answer is none. */
static void test_each_message_is_due(void **state)
{
    (void)state;
    uint8_t memory[BYTES_CAP];
    struct auth_answer a;
    struct slice bytes = write_answer(memory, &samples[0]);
    const size_t num_messages = 10;
    const size_t row = 3; /* without it there is nobody of that name */
    assert_int_equal(take_all(&a, bytes, num_messages), AUTH_OUTCOME_USER);
    for (size_t i = 0; i < num_messages; i++) {
        enum auth_outcome expected = i == row ? AUTH_OUTCOME_NOBODY : AUTH_OUTCOME_BROKEN;
        expected = i == num_messages - 1 ? AUTH_OUTCOME_MORE : expected;
        assert_int_equal(take_all(&a, bytes, i), expected);
    }
}

static void test_an_error_is_no_answer(void **state)
{
    (void)state;
    static const char error[] = "SERROR\0C42501\0Mpermission denied\0";
    uint8_t memory[BYTES_CAP];
    struct slice written;
    struct writer w = writer_over(memory, sizeof memory);
    write_bare(&w, '1', "");
    writer_u8(&w, 'E');
    size_t mark = writer_open_frame(&w);
    writer_bytes(&w, slice_of(error, sizeof error)); /* ends with two NULs */
    writer_close_frame(&w, mark);
    write_bare(&w, 'Z', "I");
    assert_true(writer_done(&w, &written));
    struct auth_answer a;
    assert_int_equal(take_all(&a, written, SIZE_MAX), AUTH_OUTCOME_FAILED);
    assert_string_equal(a.failure, "the server refused the query: permission denied");
}

/* Every byte that is cut off a row makes it malformed. */
static void test_rows_are_whole(void **state)
{
    (void)state;
    uint8_t memory[BYTES_CAP];
    struct auth_answer a;
    struct slice row;
    struct sample limited = samples[2];
    struct writer w = writer_over(memory, sizeof memory);
    write_row(&w, &limited);
    assert_true(writer_done(&w, &row));
    for (size_t len = 0; len < row.len - 5; len++) {
        const struct pg_frame frame = {.type = 'D', .body = slice_of(row.ptr + 5, len)};
        auth_answer_init(&a);
        a.step = 3; /* rows are due */
        assert_int_equal(auth_answer_take(&a, slice_text(USER), &frame), AUTH_OUTCOME_BROKEN);
    }
}

static void test_the_question(void **state)
{
    (void)state;
    uint8_t memory[BYTES_CAP];
    const struct slice sql = slice_text("SELECT $1");
    const struct slice user = slice_text("x' OR 'a'='a\"");
    struct slice left;
    struct pg_frame frame;
    struct pg_parse parse;
    struct pg_bind bind;
    struct pg_value value;
    struct writer w = writer_over(memory, auth_question_room(sql, user));
    auth_question_write(&w, sql, user);
    assert_true(writer_done(&w, &left));
    assert_int_equal(pg_frame_next(left, PG_CLIENT, BYTES_CAP, &frame), SCAN_DONE);
    assert_int_equal(pg_parse_decode(frame.body, &parse), PG_OK);
    assert_true(slice_equal(parse.text, sql));
    assert_int_equal(parse.num_types, 1);
    left = slice_from(left, frame.whole.len);
    assert_int_equal(pg_frame_next(left, PG_CLIENT, BYTES_CAP, &frame), SCAN_DONE);
    assert_int_equal(pg_bind_decode(frame.body, &bind), PG_OK);
    assert_int_equal(bind.num_values, 1);
    assert_true(pg_value_next(&bind.values, &value) && slice_equal(value.bytes, user));
    char types[16] = "";
    for (size_t i = 0; left.len > 0; i++) {
        assert_int_equal(pg_frame_next(left, PG_CLIENT, BYTES_CAP, &frame), SCAN_DONE);
        types[i] = (char)frame.type;
        left = slice_from(left, frame.whole.len);
    }
    assert_string_equal(types, "BDEPBES");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_each_message_is_due),
        cmocka_unit_test(test_an_error_is_no_answer),
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
