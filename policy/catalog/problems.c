/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing list. Names come from a database, where they may hold any character: control
 * characters are replaced, so that a problem is one line of a terminal. Owns its texts. */
#include "policy/catalog/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

#define TEXT_CAP 1024
#define DELETE   0x7f

static char *one_line(const char *text)
{
    char *copy = mem_copy_string(text, strnlen(text, TEXT_CAP - 1));
    for (char *c = copy; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == DELETE) {
            *c = '?';
        }
    }
    return copy;
}

void catalog_problems_add(struct catalog_problems *problems, bool is_error, const char *object,
                          const char *format, ...)
{
    check(problems != NULL && object != NULL && format != NULL);
    char text[TEXT_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problems->items = mem_resize(problems->items, problems->num_items + 1, sizeof *problems->items);
    problems->items[problems->num_items++] = (struct catalog_problem){
        .is_error = is_error, .object = one_line(object), .message = one_line(text)};
    problems->num_errors += is_error ? 1 : 0;
}

static int compare(const void *a, const void *b)
{
    const struct catalog_problem *left = a;
    const struct catalog_problem *right = b;
    if (left->is_error != right->is_error) {
        return left->is_error ? -1 : 1;
    }
    int order = strcmp(left->object, right->object);
    return order != 0 ? order : strcmp(left->message, right->message);
}

void catalog_problems_sort(struct catalog_problems *problems)
{
    check(problems != NULL);
    if (problems->num_items > 0) {
        qsort(problems->items, problems->num_items, sizeof *problems->items, compare);
    }
}

void catalog_problems_fini(struct catalog_problems *problems)
{
    for (size_t i = 0; i < problems->num_items; i++) {
        free(problems->items[i].object);
        free(problems->items[i].message);
    }
    free(problems->items);
    *problems = (struct catalog_problems){0};
}
