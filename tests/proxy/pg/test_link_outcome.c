/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/link_outcome.h"

#include <string.h>

#include "policy/sql/plan.h"
#include "tests/cmocka_all.h"

static void send(struct link_outcome *outcome, enum pg_ready ready, const char *text)
{
    const struct sql_environment env = {.passes_through = true, .max_bytes = 4096};
    const struct sql_request request = {.text = slice_text(text), .protocol = SQL_SIMPLE};
    struct sql_plan *plan = sql_plan_new(&env, &request);
    link_outcome_sent(outcome, ready, plan);
    sql_plan_unref(&plan);
}

static void test_one_text(void **state)
{
    static const struct {
        enum pg_ready ready;
        const char *text;
        bool may_commit;
    } cases[] = {
        {PG_READY_IDLE, "SELECT 1", false},
        {PG_READY_IDLE, "INSERT INTO t VALUES (1)", true},
        {PG_READY_IDLE, "BEGIN; INSERT INTO t VALUES (1); COMMIT", true},
        {PG_READY_IN_TRANSACTION, "INSERT INTO t VALUES (1)", false},
        {PG_READY_IN_TRANSACTION, "COMMIT", true},
        {PG_READY_IN_TRANSACTION, "SELECT 1; COMMIT", true},
        {PG_READY_IN_TRANSACTION, "PREPARE TRANSACTION 'a'", true},
        {PG_READY_IN_TRANSACTION, "ROLLBACK", false},
        {PG_READY_IN_TRANSACTION, "ROLLBACK; SELECT 1", false},
        {PG_READY_IN_TRANSACTION, "ROLLBACK; INSERT INTO t VALUES (1)", true},
        {PG_READY_IN_TRANSACTION, "not SQL", true},
        {PG_READY_FAILED, "COMMIT", false},
        {PG_READY_FAILED, "INSERT INTO t VALUES (1)", false},
        {PG_READY_FAILED, "COMMIT; INSERT INTO t VALUES (1)", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct link_outcome outcome = {.may_commit = false};
        send(&outcome, cases[i].ready, cases[i].text);
        if (outcome.may_commit != cases[i].may_commit) {
            fail_msg("%c %s", (int)cases[i].ready, cases[i].text);
        }
    }
}

static void test_texts_that_follow_each_other_unanswered(void **state)
{
    (void)state;
    struct link_outcome outcome = {.may_commit = false};
    send(&outcome, PG_READY_IN_TRANSACTION, "ROLLBACK");
    assert_false(outcome.may_commit);
    send(&outcome, PG_READY_IN_TRANSACTION, "INSERT INTO t VALUES (1)");
    assert_true(outcome.may_commit);
    send(&outcome, PG_READY_IN_TRANSACTION, "SELECT 1");
    assert_true(outcome.may_commit);
    link_outcome_settled(&outcome);
    assert_false(outcome.may_commit);
    send(&outcome, PG_READY_IN_TRANSACTION, "INSERT INTO t VALUES (1)");
    assert_false(outcome.may_commit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_text),
        cmocka_unit_test(test_texts_that_follow_each_other_unanswered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
