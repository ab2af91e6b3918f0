/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/owed.h"

#include "proxy/pg/refusal.h"
#include "tests/cmocka_all.h"

static struct owed_note note_with(const char *message)
{
    return (struct owed_note){.refusal = refusal_new("42501", message, slice_text("x"))};
}

static void test_notes_stay_with_their_entries(void **state)
{
    (void)state;
    struct owed o;
    struct pg_reply reply;
    owed_init(&o);
    for (int round = 0; round < 40; round++) { /* past the ring's first size */
        struct owed_note note = note_with(round % 2 == 0 ? "even" : "odd");
        assert_int_equal(owed_push(&o, PG_REPLY_PARSE, OWED_REFUSED, &note), PG_REPLY_QUEUED);
        assert_int_equal(owed_push(&o, PG_REPLY_BIND, 0, NULL), PG_REPLY_QUEUED);
    }
    for (int round = 0; round < 40; round++) {
        assert_int_equal(pg_reply_feed(&o.tracker, '1', &reply), PG_REPLY_LAST);
        assert_string_equal(owed_find(&o, &reply)->refusal->message,
                            round % 2 == 0 ? "even" : "odd");
        struct owed_note note;
        owed_take(&o, &reply, &note);
        owed_note_fini(&note);
        assert_int_equal(pg_reply_feed(&o.tracker, '2', &reply), PG_REPLY_LAST);
        assert_null(owed_find(&o, &reply));
    }
    owed_fini(&o);
}

static void test_whatever_is_left_can_be_taken(void **state)
{
    (void)state;
    struct owed o;
    struct owed_note note = note_with("first");
    owed_init(&o);
    assert_int_equal(owed_push(&o, PG_REPLY_QUERY, OWED_REFUSED, &note), PG_REPLY_QUEUED);
    note = note_with("second %s");
    assert_int_equal(owed_push(&o, PG_REPLY_QUERY, OWED_REFUSED, &note), PG_REPLY_QUEUED);
    assert_true(owed_take_any(&o, &note));
    owed_note_fini(&note);
    assert_true(owed_take_any(&o, &note));
    assert_string_equal(note.refusal->message, "second x");
    owed_note_fini(&note);
    assert_false(owed_take_any(&o, &note));
    owed_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes_stay_with_their_entries),
        cmocka_unit_test(test_whatever_is_left_can_be_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
