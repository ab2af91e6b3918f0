/* SPDX-License-Identifier: Apache-2.0
 *
 * The questions a catalogue is built from. The loader runs them one by one over its control link,
 * whose search path is pinned to pg_catalog, and hands every row to the builder. Every name in
 * them is qualified, so that nothing an application created can answer in the server's place. */
#ifndef POLICY_CATALOG_QUERIES_H
#define POLICY_CATALOG_QUERIES_H

#include <stddef.h>

enum catalog_query {
    CATALOG_QUERY_FACTS,     /* one row: server, database, role */
    CATALOG_QUERY_RELATIONS, /* one row per relation of the managed schemas */
    CATALOG_QUERY_COLUMNS,   /* one row per column of those */
    CATALOG_QUERY_INDEXES,   /* one row per unique or exclusion index of those */
    CATALOG_QUERY_FUNCTIONS, /* one row per function name of the managed schemas */
    CATALOG_QUERY_TYPES,     /* one row per enum or domain of the managed schemas */
    CATALOG_QUERY_COUNT,
};

/* How many columns a row of that query has. */
size_t catalog_query_num_columns(enum catalog_query query);

/* The SQL text of a query over those managed schemas: one statement, for the simple protocol.
 * Owned by the caller, free() it. */
char *catalog_query_text(enum catalog_query query, char *const *schemas, size_t num_schemas);

/* One row, one column: a text that changes whenever one of the answers above may have. Owned by
 * the caller, free() it. */
char *catalog_digest_text(char *const *schemas, size_t num_schemas);

#endif
