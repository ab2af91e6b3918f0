/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers to the catalogue queries as a server would give them, from tables of C strings. */
#ifndef TESTS_POLICY_CATALOG_SAMPLE_ROWS_H
#define TESTS_POLICY_CATALOG_SAMPLE_ROWS_H

#include "policy/catalog/builder.h"

#define ROW_FIELDS_MAX 10

/* NULL is SQL's NULL; the number of fields is the query's. */
struct sample_row {
    enum catalog_query query;
    const char *fields[ROW_FIELDS_MAX];
};

/* Feeds the rows, each field at a guard page; the status of the last. */
enum catalog_status give_rows(struct catalog_builder *builder, const struct sample_row *rows,
                              size_t num_rows);

/* A small database: tenant tables, partitions, a view, a sequence, functions. */
struct catalog *sample_catalog(void);

#endif
