/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts values of the configuration into the text of a query. All results are owned by the caller:
 * free() them. */
#ifndef POLICY_CATALOG_QUERY_TEXT_H
#define POLICY_CATALOG_QUERY_TEXT_H

#include <stddef.h>

struct query_hole {
    const char *name; /* as it stands in the text: "{schemas}" */
    char *value;      /* SQL that replaces it wherever it stands */
};

/* The string constant E'text', which means the same whatever standard_conforming_strings is. */
char *query_text_constant(const char *text);

/* ARRAY[E'a', E'b']::pg_catalog.text[] */
char *query_text_array(char *const *items, size_t num_items);

/* text with every hole filled in; what came from a value is not looked at again. */
char *query_text_fill(const char *text, const struct query_hole *holes, size_t num_holes);

#endif
