/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sql/plan.h"

#include <string.h>

#include "protocol/writer.h"
#include "tests/cmocka_all.h"

static struct sql_plan *plan_of(const char *text)
{
    const struct sql_environment env = {.passes_through = true, .max_bytes = 4096};
    const struct sql_request request = {.text = slice_text(text), .protocol = SQL_SIMPLE};
    return sql_plan_new(&env, &request);
}

static const char *last_pin(const struct sql_plan *plan)
{
    size_t num = sql_plan_num_statements(plan);
    const char *pin = num == 0 ? NULL : sql_effect_pin(sql_plan_effect(plan, num - 1));
    return pin == NULL ? "" : pin;
}

static const struct {
    const char *text;
    const char *pin;
} pins[] = {
    {"SELECT 1", ""},
    {"SELECT pg_advisory_lock(1)", "advisory_lock"},
    {"SELECT pg_catalog.pg_try_advisory_lock_shared(1)", "advisory_lock"},
    {"SELECT pg_advisory_xact_lock(1)", ""},
    {"SELECT mine(1)", "function"},
    {"SELECT public.lower('x')", "function"},
    {"SELECT * FROM a, LATERAL mine(a.x)", "function"},
    {"SELECT 1 ORDER BY mine()", "function"},
    {"INSERT INTO t VALUES (1) RETURNING mine()", "function"},
    {"MERGE INTO t USING s ON mine(t.x) WHEN MATCHED THEN DELETE", "function"},
    {"SELECT set_config('a.b', 'c', true)", ""},
    {"SELECT set_config('a.b', 'c', false)", "setting"},
    {"SELECT set_config('a.b', 'c', $1)", "setting"},
    {"SELECT set_config(x, 'c', true) FROM t", "setting"},
    {"SELECT set_config('client_encoding', 'SJIS', true)", "setting"},
    {"SELECT set_config('a', 'b', true), mine()", "function"},
    {"SET LOCAL work_mem = '1MB'", ""},
    {"SET LOCAL NAMES 'SJIS'", "setting"},
    {"SET TRANSACTION READ ONLY", ""},
    {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "setting"},
    {"SET ROLE other", "setting"},
    {"RESET ALL", "setting"},
    {"CREATE TEMP TABLE t (x int)", "temporary_table"},
    {"CREATE TEMP TABLE t (x int) ON COMMIT DROP", ""},
    {"CREATE TABLE pg_temp.t (x int)", "temporary_table"},
    {"CREATE TEMP VIEW v AS SELECT 1", "temporary_table"},
    {"CREATE TEMP SEQUENCE s", "temporary_table"},
    {"CREATE TEMP TABLE t AS SELECT 1", "temporary_table"},
    {"SELECT 1 AS x INTO TEMP t", "temporary_table"},
    {"CREATE TYPE U&\"pg\\005ftemp\".t AS (x int)", "temporary_table"},
    {"CREATE TABLE t (x int)", ""},
    {"LISTEN a", "listen"},
    {"NOTIFY a", ""},
    {"PREPARE p AS SELECT 1", "prepare"},
    {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "cursor_with_hold"},
    {"DECLARE c CURSOR FOR SELECT 1", ""},
    {"DECLARE c CURSOR FOR SELECT mine()", "function"},
    {"DO 'BEGIN END'", "code"},
    {"CALL p()", "code"},
    {"LOAD 'x'", "code"},
    {"EXPLAIN ANALYZE SELECT mine()", "function"},
    {"EXPLAIN (ANALYZE) CREATE TEMP TABLE t AS SELECT 1", "temporary_table"},
    {"COPY (SELECT mine()) TO STDOUT", "function"},
    {"COPY t FROM STDIN WHERE mine(x)", "function"},
    {"COPY t FROM STDIN", ""},
    {"SELECT 1; LISTEN a", "listen"},
    {"", ""},
};

static void test_pins(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        struct sql_plan *plan = plan_of(pins[i].text);
        if (strcmp(last_pin(plan), pins[i].pin) != 0) {
            print_error("%s: \"%s\", expected \"%s\"\n", pins[i].text, last_pin(plan), pins[i].pin);
        }
        assert_string_equal(last_pin(plan), pins[i].pin);
        sql_plan_unref(&plan);
    }
}

static void test_sequences(void **state)
{
    (void)state;
    static const char *const advancing[] = {"SELECT nextval('s')",
                                            "INSERT INTO t VALUES (1)",
                                            "WITH a AS (UPDATE t SET x = 1 RETURNING x) TABLE a",
                                            "COPY t FROM STDIN",
                                            "SELECT mine()",
                                            "CALL p()",
                                            "EXECUTE p",
                                            "selec"};
    static const char *const others[] = {"SELECT 1", "SELECT lastval()", "BEGIN", "DELETE FROM t"};
    for (size_t i = 0; i < sizeof advancing / sizeof advancing[0]; i++) {
        struct sql_plan *plan = plan_of(advancing[i]);
        assert_true(sql_plan_advances_sequences(plan));
        sql_plan_unref(&plan);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct sql_plan *plan = plan_of(others[i]);
        assert_false(sql_plan_advances_sequences(plan));
        sql_plan_unref(&plan);
    }
}

/* What is sent is what came, byte by byte, also what does not parse here. */
static void test_texts_are_verbatim(void **state)
{
    (void)state;
    static const char *const texts[] = {"SELECT  1 -- x", "selec", "\xff\xfe", "", " ;; "};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sql_plan *plan = plan_of(texts[i]);
        uint8_t memory[64];
        struct writer w = writer_over(memory, sizeof memory);
        struct slice written;
        assert_int_equal(sql_plan_verdict(plan), SQL_FORWARD);
        assert_true(sql_plan_is_verbatim(plan));
        sql_plan_write_text(plan, slice_text("acme"), &w);
        assert_true(writer_done(&w, &written));
        assert_true(slice_equal(written, slice_text(texts[i])));
        assert_int_equal(sql_plan_text_len(plan, slice_text("acme")), strlen(texts[i]));
        assert_int_equal(sql_plan_client_position(plan, slice_text("acme"), 3), 3);
        sql_plan_unref(&plan);
    }
    struct sql_plan *plan = plan_of("selec");
    assert_int_equal(sql_plan_effect(plan, 0), SQL_EFFECT_UNKNOWN);
    sql_plan_unref(&plan);
}

static void test_what_may_have_changed_something(void **state)
{
    static const struct {
        const char *text;
        bool writes;
    } cases[] = {
        {"SELECT 1", false},
        {"SELECT * FROM t FOR UPDATE", false},
        {"WITH a AS (SELECT 1) SELECT * FROM a", false},
        {"WITH a AS (DELETE FROM t RETURNING x) SELECT * FROM a", true},
        {"SELECT 1 INTO t", true},
        {"SELECT mine()", true},
        {"BEGIN", false},
        {"BEGIN; SELECT 1", false},
        {"ROLLBACK", false},
        {"SHOW work_mem", false},
        {"SET work_mem = '1MB'", false},
        {"COMMIT", true},
        {"PREPARE TRANSACTION 'a'", true},
        {"COMMIT PREPARED 'a'", true},
        {"INSERT INTO t VALUES (1)", true},
        {"SELECT 1; UPDATE t SET x = 1", true},
        {"CALL p()", true},
        {"COPY t FROM STDIN", true},
        {"no SQL at all", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sql_plan *plan = plan_of(cases[i].text);
        if (sql_plan_writes(plan) != cases[i].writes) {
            fail_msg("%s", cases[i].text);
        }
        sql_plan_unref(&plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_texts_are_verbatim),
        cmocka_unit_test(test_what_may_have_changed_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
