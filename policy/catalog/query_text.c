/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass from left to right, into a stream in memory. The values are the operator's, the texts
 * our own: a hole that nobody fills is left as it is, and the server refuses the query. */
#include "policy/catalog/query_text.h"

#include <stdio.h>
#include <string.h>

#include "protocol/check.h"

static void write_constant(FILE *out, const char *text)
{
    fputs("E'", out);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            fputc(*text, out);
        }
        fputc(*text, out);
    }
    fputc('\'', out);
}

char *query_text_constant(const char *text)
{
    char *constant = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&constant, &len);
    check(text != NULL && out != NULL);
    write_constant(out, text);
    check(fclose(out) == 0);
    return constant;
}

char *query_text_array(char *const *items, size_t num_items)
{
    char *array = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&array, &len);
    check((items != NULL || num_items == 0) && out != NULL);
    fputs("ARRAY[", out);
    for (size_t i = 0; i < num_items; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_constant(out, items[i]);
    }
    fputs("]::pg_catalog.text[]", out);
    check(fclose(out) == 0);
    return array;
}

/* The hole that text begins with, or NULL. */
static const struct query_hole *hole_at(const char *text, const struct query_hole *holes,
                                        size_t num_holes)
{
    for (size_t i = 0; i < num_holes; i++) {
        if (strncmp(text, holes[i].name, strlen(holes[i].name)) == 0) {
            return &holes[i];
        }
    }
    return NULL;
}

char *query_text_fill(const char *text, const struct query_hole *holes, size_t num_holes)
{
    char *filled = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&filled, &len);
    check(text != NULL && holes != NULL && out != NULL);
    while (*text != '\0') {
        const struct query_hole *hole = hole_at(text, holes, num_holes);
        if (hole == NULL) {
            fputc(*text++, out);
        } else {
            fputs(hole->value, out);
            text += strlen(hole->name);
        }
    }
    check(fclose(out) == 0);
    return filled;
}
