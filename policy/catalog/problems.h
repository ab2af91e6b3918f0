/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a database, one entry each. */
#ifndef POLICY_CATALOG_PROBLEMS_H
#define POLICY_CATALOG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/compiler.h"

struct catalog_problem {
    bool is_error;
    char *object;  /* what it is about: the name of a relation, a role, a key, ... */
    char *message; /* what is wrong and what to do */
};

/* A zeroed one is empty. */
struct catalog_problems {
    struct catalog_problem *items;
    size_t num_items;
    size_t num_errors;
};

/* Both texts are copied, cut at 1 KiB, and made one line without tabs. */
void catalog_problems_add(struct catalog_problems *problems, bool is_error, const char *object,
                          const char *format, ...) PRINTF_LIKE(4, 5);

/* Errors first, then by object and message in byte order. */
void catalog_problems_sort(struct catalog_problems *problems);

void catalog_problems_fini(struct catalog_problems *problems);

#endif
