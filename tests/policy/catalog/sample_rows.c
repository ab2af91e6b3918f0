/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows out of order on purpose: the builder sorts. */
#include "tests/policy/catalog/sample_rows.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

static const struct sample_row sample[] = {
    {CATALOG_QUERY_FACTS, {"150018", "UTF8", "app", "app_rw", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "orders", "r", "f", "f", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"app", "orders", "r", "f", "f", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "events", "p", "f", "f", "t", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "events_2026", "r", "t", "t", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "old_orders", "r", "f", "t", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "base", "r", "f", "f", "t", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "open_orders", "v", "f", "f", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "totals", "m", "f", "f", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "orders_id_seq", "S", "f", "f", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "remote", "f", "f", "f", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "strange", "x", "f", "f", "f", "f"}},
    {CATALOG_QUERY_RELATIONS, {"public", "countries", "r", "f", "f", "f", "f"}},
    {CATALOG_QUERY_COLUMNS,
     {"public", "orders", "tenant_id", "3", "25", "pg_catalog.text", "f", "f", "f", "t"}},
    {CATALOG_QUERY_COLUMNS,
     {"public", "orders", "id", "1", "20", "pg_catalog.int8", "f", "t", "t", "t"}},
    {CATALOG_QUERY_COLUMNS,
     {"public", "orders", "total", "4", "1700", "pg_catalog.\"numeric\"", "t", "t", "f", "f"}},
    {CATALOG_QUERY_COLUMNS,
     {"public", "countries", "code", "1", "1042", "pg_catalog.bpchar", "f", "f", "f", "t"}},
    {CATALOG_QUERY_COLUMNS,
     {"app", "orders", "tenant_id", "1", "2950", "pg_catalog.uuid", "f", "f", "f", "f"}},
    {CATALOG_QUERY_INDEXES,
     {"public", "orders", "orders_pkey", "t", "f", "3 1 4", "2", "f", "f", "orders_pkey"}},
    {CATALOG_QUERY_INDEXES,
     {"public", "orders", "orders_expr", "t", "f", "3 0", "2", "t", "t", NULL}},
    {CATALOG_QUERY_INDEXES, {"public", "countries", "excl", "f", "t", "1", "1", "f", "f", "excl"}},
    {CATALOG_QUERY_FUNCTIONS, {"public", "slugify"}},
    {CATALOG_QUERY_FUNCTIONS, {"app", "total"}},
    {CATALOG_QUERY_TYPES, {"public", "mood"}},
};

enum catalog_status give_rows(struct catalog_builder *builder, const struct sample_row *rows,
                              size_t num_rows)
{
    enum catalog_status status = CATALOG_OK;
    for (size_t i = 0; i < num_rows; i++) {
        struct slice fields[ROW_FIELDS_MAX];
        size_t num_fields = catalog_query_num_columns(rows[i].query);
        for (size_t k = 0; k < num_fields; k++) {
            const char *text = rows[i].fields[k];
            fields[k] = text != NULL ? guarded_copy(text, strlen(text)) : (struct slice){0};
        }
        status = catalog_builder_row(builder, rows[i].query, fields, num_fields);
        for (size_t k = 0; k < num_fields; k++) {
            if (fields[k].ptr != NULL) {
                guarded_free(fields[k]);
            }
        }
    }
    return status;
}

struct catalog *sample_catalog(void)
{
    struct catalog_builder *builder = catalog_builder_new();
    struct catalog *catalog = NULL;
    char message[256];
    assert_int_equal(give_rows(builder, sample, sizeof sample / sizeof sample[0]), CATALOG_OK);
    assert_int_equal(catalog_builder_finish(&builder, &catalog, message, sizeof message),
                     CATALOG_OK);
    assert_null(builder);
    return catalog;
}
