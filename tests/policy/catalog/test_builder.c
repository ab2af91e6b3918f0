/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalog/builder.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/policy/catalog/sample_rows.h"

static void test_lookups(void **state)
{
    (void)state;
    struct catalog *c = sample_catalog();
    assert_int_equal(c->server_version_num, 150018);
    assert_string_equal(c->database, "app");
    assert_string_equal(c->role, "app_rw");
    assert_false(c->is_superuser);
    assert_int_equal(c->num_relations, 12);
    const struct catalog_relation *orders = catalog_find(c, "public", "orders");
    assert_string_equal(orders->schema, "public");
    assert_int_equal(orders->num_columns, 3);
    assert_string_equal(orders->columns[0].name, "id");
    assert_true(orders->columns[0].is_identity_always);
    assert_int_equal(orders->columns[1].attnum, 3);
    assert_int_equal(catalog_column_find(orders, "total")->type_oid, 1700);
    assert_true(catalog_column_find(orders, "total")->is_generated);
    assert_ptr_equal(catalog_column_at(orders, 4), catalog_column_find(orders, "total"));
    assert_null(catalog_column_at(orders, 2));
    assert_null(catalog_column_find(orders, "TOTAL"));
    assert_null(catalog_column_find(orders, "ctid"));
    assert_string_equal(
        catalog_column_find(catalog_find(c, "app", "orders"), "tenant_id")->type_name,
        "pg_catalog.uuid");
    assert_null(catalog_find(c, "app", "events"));
    assert_null(catalog_find(c, "Public", "orders"));
    assert_null(catalog_find(c, "", ""));
    assert_true(catalog_function_exists(c, "public", "slugify"));
    assert_false(catalog_function_exists(c, "app", "slugify"));
    assert_true(catalog_type_exists(c, "public", "mood"));
    assert_false(catalog_type_exists(c, "app", "mood"));
    assert_false(catalog_type_exists(c, "public", "Mood"));
    catalog_free(&c);
    assert_null(c);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum relation_kind kind;
        bool is_child;
    } kinds[] = {
        {"orders", RELATION_TABLE, false},           {"events", RELATION_PARTITIONED, false},
        {"events_2026", RELATION_PARTITION, true},   {"old_orders", RELATION_TABLE, true},
        {"open_orders", RELATION_VIEW, false},       {"totals", RELATION_MATVIEW, false},
        {"orders_id_seq", RELATION_SEQUENCE, false}, {"remote", RELATION_FOREIGN, false},
        {"strange", RELATION_OTHER, false}};
    struct catalog *c = sample_catalog();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct catalog_relation *r = catalog_find(c, "public", kinds[i].name);
        assert_int_equal(r->kind, kinds[i].kind);
        assert_int_equal(r->is_inheritance_child, kinds[i].is_child);
    }
    catalog_free(&c);
}

static void test_indexes(void **state)
{
    (void)state;
    struct catalog *c = sample_catalog();
    const struct catalog_relation *orders = catalog_find(c, "public", "orders");
    assert_int_equal(orders->num_indexes, 2);
    const struct catalog_index *pkey = &orders->indexes[0];
    assert_string_equal(pkey->constraint_name, "orders_pkey");
    assert_true(pkey->is_unique);
    assert_int_equal(pkey->num_attnums, 2); /* 4 is an INCLUDE column */
    assert_int_equal(pkey->attnums[0], 3);
    assert_int_equal(pkey->attnums[1], 1);
    const struct catalog_index *expression = &orders->indexes[1];
    assert_null(expression->constraint_name);
    assert_true(expression->has_expressions && expression->is_partial);
    assert_int_equal(expression->attnums[1], 0);
    assert_true(catalog_find(c, "public", "countries")->indexes[0].is_exclusion);
    catalog_free(&c);
}

#define FACTS                                           \
    {                                                   \
        CATALOG_QUERY_FACTS,                            \
        {                                               \
            "150018", "UTF8", "app", "app_rw", "f", "f" \
        }                                               \
    }
#define TABLE                                      \
    {                                              \
        CATALOG_QUERY_RELATIONS,                   \
        {                                          \
            "public", "t", "r", "f", "f", "f", "f" \
        }                                          \
    }
#define COLUMN(attnum, oid, flag)                                     \
    {                                                                 \
        CATALOG_QUERY_COLUMNS,                                        \
        {                                                             \
            "public", "t", "c", attnum, oid, "x", flag, "f", "f", "f" \
        }                                                             \
    }
#define INDEX(key, count)                                            \
    {                                                                \
        CATALOG_QUERY_INDEXES,                                       \
        {                                                            \
            "public", "t", "i", "t", "f", key, count, "f", "f", NULL \
        }                                                            \
    }

static const struct {
    const char *message;
    size_t num_rows;
    struct sample_row rows[4];
} wrong[] = {
    {"the server told nothing about itself", 0, {{0}}},
    {"the server told nothing about itself", 1, {TABLE}},
    {"unexpected facts", 2, {FACTS, FACTS}},
    {"unexpected facts", 1, {{CATALOG_QUERY_FACTS, {"15.1", "UTF8", "a", "b", "f", "f"}}}},
    {"unexpected facts", 1, {{CATALOG_QUERY_FACTS, {"150018", "UTF8", "a", "b", "", "f"}}}},
    {"unexpected answer to catalogue query 0",
     1,
     {{CATALOG_QUERY_FACTS, {"150018", NULL, "a", "b", "f", "f"}}}},
    {"the database's encoding is LATIN1",
     1,
     {{CATALOG_QUERY_FACTS, {"150018", "LATIN1", "a", "b", "f", "f"}}}},
    {"the database's encoding is SQL_ASCII",
     1,
     {{CATALOG_QUERY_FACTS, {"150018", "SQL_ASCII", "a", "b", "f", "f"}}}},
    {"unexpected answer about relations",
     2,
     {FACTS, {CATALOG_QUERY_RELATIONS, {"public", "t", "", "f", "f", "f", "f"}}}},
    {"unexpected answer about relations",
     2,
     {FACTS, {CATALOG_QUERY_RELATIONS, {"public", "t", "r", "yes", "f", "f", "f"}}}},
    {"the server named something twice", 3, {FACTS, TABLE, TABLE}},
    {"unexpected answer to catalogue query 1",
     2,
     {FACTS, {CATALOG_QUERY_RELATIONS, {"public", "\xff", "r", "f", "f", "f", "f"}}}},
    {"the database's tables changed", 2, {FACTS, COLUMN("1", "25", "f")}},
    {"unexpected answer about columns", 3, {FACTS, TABLE, COLUMN("0", "25", "f")}},
    {"unexpected answer about columns", 3, {FACTS, TABLE, COLUMN("-1", "25", "f")}},
    {"unexpected answer about columns", 3, {FACTS, TABLE, COLUMN("32768", "25", "f")}},
    {"unexpected answer about columns", 3, {FACTS, TABLE, COLUMN("1", "4294967296", "f")}},
    {"unexpected answer about columns", 3, {FACTS, TABLE, COLUMN("1", "", "f")}},
    {"unexpected answer about columns", 3, {FACTS, TABLE, COLUMN("1", "25", "true")}},
    {"the server named something twice",
     4,
     {FACTS, TABLE, COLUMN("1", "25", "f"), COLUMN("1", "25", "f")}},
    {"unexpected answer about indexes", 3, {FACTS, TABLE, INDEX("1", "2")}},
    {"unexpected answer about indexes", 3, {FACTS, TABLE, INDEX("1", "0")}},
    {"unexpected answer about indexes", 3, {FACTS, TABLE, INDEX("", "1")}},
    {"unexpected answer about indexes", 3, {FACTS, TABLE, INDEX("-1", "1")}},
    {"unexpected answer about indexes", 3, {FACTS, TABLE, INDEX("1  2", "2")}},
    {"unexpected answer about indexes", 3, {FACTS, TABLE, INDEX("1", "33")}},
    {"the database's tables changed", 2, {FACTS, INDEX("1", "1")}},
    {"the server named something twice",
     3,
     {FACTS, {CATALOG_QUERY_FUNCTIONS, {"a", "f"}}, {CATALOG_QUERY_FUNCTIONS, {"a", "f"}}}},
    {"the server named something twice",
     3,
     {FACTS, {CATALOG_QUERY_TYPES, {"a", "t"}}, {CATALOG_QUERY_TYPES, {"a", "t"}}}},
};

static void test_wrong_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct catalog_builder *builder = catalog_builder_new();
        struct catalog *catalog = NULL;
        char message[256];
        give_rows(builder, wrong[i].rows, wrong[i].num_rows);
        assert_int_equal(catalog_builder_finish(&builder, &catalog, message, sizeof message),
                         CATALOG_WRONG);
        assert_null(catalog);
        if (strncmp(message, wrong[i].message, strlen(wrong[i].message)) != 0) {
            fail_msg("row %zu: got %s, expected %s", i, message, wrong[i].message);
        }
    }
}

static void test_wrong_number_of_fields(void **state)
{
    (void)state;
    struct catalog_builder *builder = catalog_builder_new();
    struct slice fields[2] = {slice_text("150018"), slice_text("UTF8")};
    assert_int_equal(catalog_builder_row(builder, CATALOG_QUERY_FACTS, fields, 2), CATALOG_WRONG);
    assert_int_equal(catalog_builder_row(builder, CATALOG_QUERY_FACTS, fields, 2), CATALOG_WRONG);
    catalog_builder_free(&builder);
    assert_null(builder);
}

static void test_queries_name_their_schemas(void **state)
{
    (void)state;
    char first[] = "public";
    char second[] = "o'dd\\";
    char *const schemas[] = {first, second};
    static const char array[] = "ARRAY[E'public', E'o''dd\\\\']::pg_catalog.text[]";
    for (int query = 0; query < CATALOG_QUERY_COUNT; query++) {
        char *text = catalog_query_text((enum catalog_query)query, schemas, 2);
        assert_int_equal(strstr(text, array) != NULL, query != CATALOG_QUERY_FACTS);
        assert_null(strstr(text, "{schemas}"));
        assert_null(strchr(text, ';'));
        free(text);
    }
    char *digest = catalog_digest_text(schemas, 2);
    assert_non_null(strstr(digest, array));
    free(digest);
}

/* Nothing in the queries may resolve by search path: no bare operator stands between operands. */
static void test_queries_are_qualified(void **state)
{
    (void)state;
    char schema[] = "public";
    char *const schemas[] = {schema};
    for (int query = 0; query <= CATALOG_QUERY_COUNT; query++) {
        char *text = query < CATALOG_QUERY_COUNT
                         ? catalog_query_text((enum catalog_query)query, schemas, 1)
                         : catalog_digest_text(schemas, 1);
        for (const char *at = strpbrk(text, "=<>|+"); at != NULL; at = strpbrk(at + 1, "=<>|+")) {
            const char *start = at;
            while (start > text && strchr("=<>|+", start[-1]) != NULL) {
                start--;
            }
            assert_true(start - text > 20);
            assert_memory_equal(start - 20, "OPERATOR(pg_catalog.", 20);
        }
        for (const char *at = strchr(text, '('); at != NULL; at = strchr(at + 1, '(')) {
            if (at == text || at[-1] == ' ' || at[-1] == '(') {
                continue; /* not a call */
            }
            const char *start = at;
            while (start > text && start[-1] != ' ' && start[-1] != '(') {
                start--;
            }
            bool is_operator = strncmp(start, "OPERATOR(", 9) == 0;
            assert_true(is_operator || strncmp(start, "pg_catalog.", 11) == 0);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_wrong_number_of_fields),
        cmocka_unit_test(test_queries_name_their_schemas),
        cmocka_unit_test(test_queries_are_qualified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
