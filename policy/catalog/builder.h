/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns the answers of policy/catalog/queries.h, as the text fields the server sent, into a
 * catalogue. What does not fit (a field that is no number, a column of an unknown relation, an
 * encoding other than UTF8) fails the build: a catalogue is whole or there is none. */
#ifndef POLICY_CATALOG_BUILDER_H
#define POLICY_CATALOG_BUILDER_H

#include "policy/catalog/catalog.h"
#include "policy/catalog/queries.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define CATALOG_RELATIONS_MAX ((size_t)100000) /* more is refused: the proxy holds them all */
#define CATALOG_COLUMNS_MAX   ((size_t)2000000)
#define CATALOG_FUNCTIONS_MAX ((size_t)100000)
#define CATALOG_TYPES_MAX     ((size_t)100000)
#define CATALOG_TEXT_MAX      ((size_t)1024) /* bytes of one field */

enum catalog_status { CATALOG_OK, CATALOG_WRONG };

struct catalog_builder;

struct catalog_builder *catalog_builder_new(void);

/* Takes one row of query; a NULL field is a slice without ptr. Queries come in the order of
 * enum catalog_query. Failure is sticky; the message is given by finish. */
MUST_USE enum catalog_status catalog_builder_row(struct catalog_builder *builder,
                                                 enum catalog_query query,
                                                 const struct slice *fields, size_t num_fields);

/* Ends the build and frees the builder (*builder becomes NULL). On CATALOG_OK *out is owned by
 * the caller; otherwise it is NULL and message (one line, cut at cap) says why. */
MUST_USE enum catalog_status catalog_builder_finish(struct catalog_builder **builder,
                                                    struct catalog **out, char *message,
                                                    size_t cap);

/* Gives up: frees the builder and clears the pointer; NULL is fine. */
void catalog_builder_free(struct catalog_builder **builder);

#endif
