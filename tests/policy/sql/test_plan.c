/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be asked of a plan, beyond its text (test_rewrite). */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/config/isolation.h"
#include "policy/sql/plan.h"
#include "tests/corpus_catalog.h"

enum { INT8 = 20, TEXT = 25, UUID = 2950 };

static struct catalog *catalog;

static struct sql_plan *plan_with_types(const char *text, enum sql_protocol protocol,
                                        const uint32_t *types, size_t num_types)
{
    struct sql_environment env = {.catalog = catalog, .row = corpus_row(), .max_bytes = 1 << 20};
    struct sql_request request = {.text = slice_text(text),
                                  .protocol = protocol,
                                  .param_types = types,
                                  .num_param_types = num_types};
    return sql_plan_new(&env, &request);
}

static struct sql_plan *plan_of(const char *text, enum sql_protocol protocol)
{
    return plan_with_types(text, protocol, NULL, 0);
}

static enum sql_verdict verdict_when_listed(const char *text)
{
    static char nextval[] = "pg_catalog.nextval";
    static char set_config[] = "pg_catalog.set_config";
    char *allow[] = {nextval, set_config, NULL};
    struct config_row row = *corpus_row();
    row.functions_allow = allow;
    row.num_functions_allow = 2;
    struct sql_environment env = {.catalog = catalog, .row = &row, .max_bytes = 1 << 20};
    struct sql_request request = {.text = slice_text(text), .protocol = SQL_SIMPLE};
    struct sql_plan *plan = sql_plan_new(&env, &request);
    enum sql_verdict verdict = sql_plan_verdict(plan);
    sql_plan_unref(&plan);
    return verdict;
}

static void operator_lists_builtin_functions(void **state)
{
    (void)state;
    assert_int_equal(verdict_when_listed("SELECT nextval('orders_id_seq')"), SQL_FORWARD);
    assert_int_equal(verdict_when_listed("SELECT pg_catalog.nextval('x')"), SQL_FORWARD);
    assert_int_equal(verdict_when_listed("SELECT setval('x', 1)"), SQL_REFUSE);
    assert_int_equal(verdict_when_listed("SELECT set_config('role', 'x', false)"), SQL_REFUSE);
    assert_int_equal(verdict_when_listed("SELECT pg_catalog.set_config('role', 'x', true)"),
                     SQL_REFUSE);
}

static void constants_are_compared_per_tenant(void **state)
{
    (void)state;
    struct sql_plan *plan =
        plan_of("INSERT INTO orders (id, tenant_id) VALUES (1, 'acme')", SQL_SIMPLE);
    assert_null(sql_plan_admit(plan, slice_text("acme")));
    const struct sql_refusal *refusal = sql_plan_admit(plan, slice_text("globex"));
    assert_non_null(refusal);
    assert_string_equal(refusal->sqlstate, "42501");
    assert_int_equal(refusal->position, 47);
    assert_int_equal(sql_plan_text_len(plan, slice_text("globex")),
                     sql_plan_text_len(plan, slice_text("acme")) + 2);
    sql_plan_unref(&plan);
    assert_null(plan);
    sql_plan_unref(&plan);
}

static void bound_values_are_compared(void **state)
{
    (void)state;
    struct slice acme = slice_text("acme");
    struct sql_plan *plan =
        plan_of("INSERT INTO orders (id, tenant_id) VALUES ($1, $2)", SQL_EXTENDED);
    assert_int_equal(sql_plan_num_params(plan), 2);
    assert_int_equal(sql_plan_added_type(plan), TEXT);
    assert_null(sql_plan_check_bind(plan, 0, 0, false, slice_text("7"), acme));
    assert_null(sql_plan_check_bind(plan, 0, 0, true, slice_text(""), acme));
    assert_null(sql_plan_check_bind(plan, 1, 0, false, acme, acme));
    assert_null(sql_plan_check_bind(plan, 1, 1, false, acme, acme));
    assert_non_null(sql_plan_check_bind(plan, 1, 0, false, slice_text("globex"), acme));
    assert_non_null(sql_plan_check_bind(plan, 1, 1, false, slice_text("globex"), acme));
    const struct sql_refusal *refusal = sql_plan_check_bind(plan, 1, 0, true, slice_text(""), acme);
    assert_non_null(refusal);
    assert_string_equal(refusal->sqlstate, "42501");
    sql_plan_unref(&plan);
}

static void set_tenant_type(const char *table, uint32_t oid)
{
    for (size_t i = 0; i < catalog->num_relations; i++) {
        struct catalog_relation *relation = &catalog->relations[i];
        for (size_t k = 0; strcmp(relation->name, table) == 0 && k < relation->num_columns; k++) {
            if (strcmp(relation->columns[k].name, "tenant_id") == 0) {
                relation->columns[k].type_oid = oid;
            }
        }
    }
}

/* A conversion of the parameter would make the guard dear, and so late, in a generic plan. */
static void the_added_parameter_has_the_columns_type(void **state)
{
    (void)state;
    set_tenant_type("customers", UUID);
    struct sql_plan *plan = plan_of("SELECT 1 FROM customers", SQL_EXTENDED);
    assert_int_equal(sql_plan_added_type(plan), UUID);
    sql_plan_unref(&plan);
    plan = plan_of("SELECT 1 FROM customers, orders", SQL_EXTENDED);
    assert_int_equal(sql_plan_added_type(plan), TEXT);
    sql_plan_unref(&plan);
    plan = plan_of("SELECT 1 FROM customers, orders WHERE 1 / total = 1", SQL_EXTENDED);
    assert_int_equal(sql_plan_verdict(plan), SQL_REFUSE);
    sql_plan_unref(&plan);
    plan = plan_of("SELECT 1 FROM customers, orders WHERE 1 / total = 1", SQL_SIMPLE);
    assert_int_equal(sql_plan_verdict(plan), SQL_FORWARD);
    sql_plan_unref(&plan);
    set_tenant_type("customers", TEXT);
}

/* Escapes can spell the word that stands for the tenant, also where it is dropped again. */
static void a_word_like_ours_is_no_hole(void **state)
{
    (void)state;
    struct sql_plan *plan = plan_of("INSERT INTO orders (id, total, tenant_id) SELECT 1, "
                                    "length(E'\\x72ftenant'), E'\\x72ftenant' || ''",
                                    SQL_SIMPLE);
    assert_int_equal(sql_plan_verdict(plan), SQL_REFUSE);
    sql_plan_unref(&plan);
}

static void many_names_end_early(void **state)
{
    (void)state;
    static char text[128 * 1024] = "SELECT 1";
    size_t len = strlen(text);
    for (int i = 0; i < 12000; i++) {
        memcpy(text + len, ",a.b", 4);
        len += 4;
    }
    len += (size_t)snprintf(text + len, sizeof text - len, " FROM countries c");
    for (int i = 0; i < 900; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, ", countries c%d", i);
    }
    struct sql_plan *plan = plan_of(text, SQL_SIMPLE);
    assert_int_equal(sql_plan_verdict(plan), SQL_REFUSE);
    assert_string_equal(sql_plan_refusal(plan)->sqlstate, "54000");
    sql_plan_unref(&plan);
}

static void declared_types_count(void **state)
{
    (void)state;
    static const uint32_t types[] = {INT8, TEXT, INT8};
    struct sql_plan *plan =
        plan_with_types("SELECT * FROM orders WHERE id = $1", SQL_EXTENDED, types, 3);
    assert_int_equal(sql_plan_num_params(plan), 3);
    sql_plan_unref(&plan);
    plan = plan_with_types("INSERT INTO orders (id, tenant_id) VALUES ($1, $3)", SQL_EXTENDED,
                           types, 3);
    assert_int_equal(sql_plan_verdict(plan), SQL_REFUSE);
    assert_string_equal(sql_plan_refusal(plan)->sqlstate, "42501");
    sql_plan_unref(&plan);
    plan = plan_of("SELECT $2", SQL_EXTENDED);
    assert_int_equal(sql_plan_num_params(plan), 2);
    assert_int_equal(sql_plan_added_type(plan), 0);
    sql_plan_unref(&plan);
}

static void effects_of_statements(void **state)
{
    static const struct {
        const char *text;
        enum sql_effect effect;
    } cases[] = {
        {"BEGIN", SQL_EFFECT_BEGIN},
        {"START TRANSACTION READ ONLY", SQL_EFFECT_BEGIN},
        {"COMMIT", SQL_EFFECT_COMMIT},
        {"END", SQL_EFFECT_COMMIT},
        {"ROLLBACK", SQL_EFFECT_ROLLBACK},
        {"ABORT", SQL_EFFECT_ROLLBACK},
        {"SAVEPOINT a", SQL_EFFECT_SAVEPOINT},
        {"RELEASE a", SQL_EFFECT_SAVEPOINT},
        {"ROLLBACK TO a", SQL_EFFECT_SAVEPOINT},
        {"SET LOCAL statement_timeout = 1", SQL_EFFECT_SET_LOCAL},
        {"SET TRANSACTION READ ONLY", SQL_EFFECT_SET_LOCAL},
        {"SET statement_timeout = 1", SQL_EFFECT_PIN_SET},
        {"RESET statement_timeout", SQL_EFFECT_PIN_SET},
        {"SHOW statement_timeout", SQL_EFFECT_NONE},
        {"SELECT 1", SQL_EFFECT_NONE},
        {"DISCARD ALL", SQL_EFFECT_DISCARD_ALL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sql_plan *plan = plan_of(cases[i].text, SQL_SIMPLE);
        assert_int_equal(sql_plan_verdict(plan), SQL_FORWARD);
        assert_int_equal(sql_plan_num_statements(plan), 1);
        assert_int_equal(sql_plan_effect(plan, 0), cases[i].effect);
        assert_int_equal(sql_plan_is_discard_all(plan), cases[i].effect == SQL_EFFECT_DISCARD_ALL);
        sql_plan_unref(&plan);
    }
    struct sql_plan *plan = plan_of("BEGIN; SELECT 1; COMMIT", SQL_SIMPLE);
    assert_int_equal(sql_plan_num_statements(plan), 3);
    assert_int_equal(sql_plan_effect(plan, 2), SQL_EFFECT_COMMIT);
    sql_plan_unref(&plan);
}

static int32_t position_in(const char *text, struct slice tenant, const char *client_word,
                           int32_t *out_client)
{
    char emitted[1024];
    struct sql_plan *plan = plan_of(text, SQL_SIMPLE);
    struct writer w = writer_over(emitted, sizeof(emitted) - 1);
    struct slice written;
    sql_plan_write_text(plan, tenant, &w);
    assert_true(writer_done(&w, &written));
    emitted[written.len] = '\0';
    const char *found = strstr(emitted, client_word);
    assert_non_null(found);
    int32_t characters = 1;
    for (const char *at = emitted; at < found; at++) {
        characters += ((unsigned char)*at & 0xC0) != 0x80;
    }
    int32_t result = sql_plan_client_position(plan, tenant, characters);
    characters = 1;
    for (const char *at = text; at < strstr(text, client_word); at++) {
        characters += ((unsigned char)*at & 0xC0) != 0x80;
    }
    *out_client = characters;
    sql_plan_unref(&plan);
    return result;
}

static void positions_go_back(void **state)
{
    static const struct {
        const char *text;
        const char *word;
    } cases[] = {
        {"SELECT nope FROM orders", "nope"},
        {"SELECT *   FROM orders WHERE   nope = 1", "nope"},
        {"SELECT 'h\xc3\xa9\xc3\xa9', x FROM orders o WHERE o.nope = 1", "o.nope"},
        {"SELECT (SELECT max(a) FROM orders), b FROM orders WHERE c LIKE 'x' OR nope", "nope"},
        {"INSERT INTO orders (id, tenant_id) VALUES (1, 't1'), (nope, 't1')", "nope"},
        {"SELECT * FROM orders o LEFT JOIN customers c ON nope = 1 WHERE total > 1", "nope"},
        {"SELECT '\xc3\xa9' || nope FROM orders", "|| nope"},
        {"UPDATE orders SET total = 1, nope = 2", "nope"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t client = 0;
        int32_t got = position_in(cases[i].text, slice_text("t1"), cases[i].word, &client);
        if (got != client) {
            fail_msg("%s: %d, not %d", cases[i].text, (int)got, (int)client);
        }
        got = position_in(cases[i].text, slice_text("t1"), cases[i].word, &client);
        assert_int_equal(got, client);
    }
    struct sql_plan *plan = plan_of("SELECT 1", SQL_SIMPLE);
    assert_int_equal(sql_plan_client_position(plan, slice_text("t1"), 0), 0);
    assert_int_equal(sql_plan_client_position(plan, slice_text("t1"), -1), 0);
    sql_plan_unref(&plan);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct sql_environment env = {.catalog = catalog, .row = corpus_row(), .max_bytes = 10};
    struct sql_request request = {.text = slice_text("SELECT 12345"), .protocol = SQL_SIMPLE};
    struct sql_plan *plan = sql_plan_new(&env, &request);
    assert_string_equal(sql_plan_refusal(plan)->sqlstate, "54000");
    assert_true(sql_plan_memory(plan) > 0);
    sql_plan_unref(&plan);
}

/* Deeper than the stack of the parser's walkers: the library's own error is contained. */
static void depth_never_ends_the_process(void **state)
{
    static const char *const units[] = {
        "lower(", "(SELECT ", "CASE WHEN ", "- ",       "NOT ",
        "1+",     "ROW(",     "a[",         "1::int||", "EXISTS(SELECT "};
    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        for (size_t count = 100; count <= 100000; count *= 10) {
            size_t len = strlen(units[i]);
            char *text = calloc(1, 7 + len * count + 2);
            assert_non_null(text);
            memcpy(text, "SELECT ", 7);
            for (size_t n = 0; n < count; n++) {
                memcpy(text + 7 + n * len, units[i], len);
            }
            text[7 + len * count] = '1';
            struct sql_plan *plan = plan_of(text, SQL_SIMPLE);
            assert_false(sql_plan_proof_failed(plan));
            sql_plan_unref(&plan);
            free(text);
        }
    }
}

static void references_are_counted(void **state)
{
    (void)state;
    struct sql_plan *plan = plan_of("SELECT 1", SQL_SIMPLE);
    struct sql_plan *second = sql_plan_ref(plan);
    sql_plan_unref(&plan);
    assert_int_equal(sql_plan_verdict(second), SQL_FORWARD);
    sql_plan_unref(&second);
}

static int set_up(void **state)
{
    (void)state;
    catalog = corpus_catalog_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    catalog_free(&catalog);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operator_lists_builtin_functions),
        cmocka_unit_test(constants_are_compared_per_tenant),
        cmocka_unit_test(bound_values_are_compared),
        cmocka_unit_test(the_added_parameter_has_the_columns_type),
        cmocka_unit_test(a_word_like_ours_is_no_hole),
        cmocka_unit_test(many_names_end_early),
        cmocka_unit_test(declared_types_count),
        cmocka_unit_test(effects_of_statements),
        cmocka_unit_test(positions_go_back),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(depth_never_ends_the_process),
        cmocka_unit_test(references_are_counted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
