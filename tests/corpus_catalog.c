/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/corpus_catalog.h"

#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

#define COLUMNS_MAX 4

enum { INT8 = 20, TEXT = 25, TIMESTAMPTZ = 1184, NUMERIC = 1700 };

struct column {
    const char *name;
    uint32_t type_oid;
    const char *type_name;
    bool has_default;
    bool is_not_null;
};

struct relation {
    const char *name;
    enum relation_kind kind;
    const char *primary_key; /* name of the constraint on the first column, or NULL */
    struct column columns[COLUMNS_MAX];
};

#define ORDERS_COLUMNS                                          \
    {"id", INT8, "pg_catalog.int8", false, true},               \
        {"tenant_id", TEXT, "pg_catalog.text", false, true},    \
        {"customer_id", INT8, "pg_catalog.int8", false, false}, \
    {                                                           \
        "total", NUMERIC, "pg_catalog.numeric", true, true      \
    }
#define EVENTS_COLUMNS                                              \
    {"tenant_id", TEXT, "pg_catalog.text", false, true},            \
        {"ts", TIMESTAMPTZ, "pg_catalog.timestamptz", false, true}, \
    {                                                               \
        "body", TEXT, "pg_catalog.text", false, false               \
    }

/* Sorted by name: they all live in public. */
static const struct relation relations[] = {
    {"countries",
     RELATION_TABLE,
     "countries_pkey",
     {{"code", TEXT, "pg_catalog.text", false, true},
      {"name", TEXT, "pg_catalog.text", false, false}}},
    {"customers",
     RELATION_TABLE,
     "customers_pkey",
     {{"id", INT8, "pg_catalog.int8", false, true},
      {"tenant_id", TEXT, "pg_catalog.text", false, true},
      {"name", TEXT, "pg_catalog.text", false, true}}},
    {"events", RELATION_PARTITIONED, NULL, {EVENTS_COLUMNS}},
    {"events_2026_01", RELATION_PARTITION, NULL, {EVENTS_COLUMNS}},
    {"events_2026_02", RELATION_PARTITION, NULL, {EVENTS_COLUMNS}},
    {"events_default", RELATION_PARTITION, NULL, {EVENTS_COLUMNS}},
    {"m_orders", RELATION_MATVIEW, NULL, {ORDERS_COLUMNS}},
    {"orders", RELATION_TABLE, "orders_pkey", {ORDERS_COLUMNS}},
    {"orders_id_seq", RELATION_SEQUENCE, NULL, {{NULL, 0, NULL, false, false}}},
    {"v_orders", RELATION_VIEW, NULL, {ORDERS_COLUMNS}},
};

static const char *const types[] = {"money", "mood", "text"}; /* two that built-in ones hide */
static const char *const functions[] = {"crosstab", "dblink", "f_secdef_all_customers",
                                        "some_procedure", "total_of"};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static char *copy(const char *text)
{
    return mem_copy_string(text, strlen(text));
}

static void copy_columns(const struct relation *from, struct catalog_relation *to)
{
    to->columns = mem_new_array(COLUMNS_MAX, sizeof(struct catalog_column));
    for (size_t i = 0; i < COLUMNS_MAX && from->columns[i].name != NULL; i++) {
        to->columns[i] = (struct catalog_column){
            .name = copy(from->columns[i].name),
            .attnum = (int16_t)(i + 1),
            .type_oid = from->columns[i].type_oid,
            .type_name = copy(from->columns[i].type_name),
            .has_default = from->columns[i].has_default,
            .is_not_null = from->columns[i].is_not_null,
        };
        to->num_columns++;
    }
}

static void copy_primary_key(const struct relation *from, struct catalog_relation *to)
{
    if (from->primary_key == NULL) {
        return;
    }
    to->num_indexes = 1;
    to->indexes = mem_new_array(1, sizeof(struct catalog_index));
    to->indexes[0] = (struct catalog_index){
        .name = copy(from->primary_key),
        .is_unique = true,
        .constraint_name = copy(from->primary_key),
        .attnums = mem_new_array(1, sizeof(int16_t)),
        .num_attnums = 1,
    };
    to->indexes[0].attnums[0] = 1;
}

struct catalog *corpus_catalog_new(void)
{
    struct catalog *catalog = mem_new(sizeof *catalog);
    catalog->server_version_num = 150018;
    catalog->server_encoding = copy("UTF8");
    catalog->database = copy("appdb");
    catalog->role = copy("app");
    catalog->num_relations = COUNT_OF(relations);
    catalog->relations = mem_new_array(COUNT_OF(relations), sizeof(struct catalog_relation));
    for (size_t i = 0; i < COUNT_OF(relations); i++) {
        struct catalog_relation *relation = &catalog->relations[i];
        relation->schema = copy("public");
        relation->name = copy(relations[i].name);
        relation->kind = relations[i].kind;
        relation->is_inheritance_child = relations[i].kind == RELATION_PARTITION;
        copy_columns(&relations[i], relation);
        copy_primary_key(&relations[i], relation);
    }
    catalog->num_functions = COUNT_OF(functions);
    catalog->functions = mem_new_array(COUNT_OF(functions), sizeof(struct catalog_function));
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        catalog->functions[i] =
            (struct catalog_function){.schema = copy("public"), .name = copy(functions[i])};
    }
    catalog->num_types = COUNT_OF(types);
    catalog->types = mem_new_array(COUNT_OF(types), sizeof(struct catalog_type));
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        catalog->types[i] = (struct catalog_type){.schema = copy("public"), .name = copy(types[i])};
    }
    return catalog;
}

const struct config_row *corpus_row(void)
{
    static char column[] = "tenant_id";
    static char schema[] = "public";
    static char countries[] = "public.countries";
    static char *schemas[] = {schema, NULL};
    static char *shared[] = {countries, NULL};
    static char *none[] = {NULL};
    static const struct config_row row = {
        .is_set = true,
        .column = column,
        .schemas = schemas,
        .num_schemas = 1,
        .shared = shared,
        .num_shared = 1,
        .functions_allow = none,
        .fence = FENCE_AUTO,
    };
    return &row;
}
