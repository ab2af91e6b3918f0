/* SPDX-License-Identifier: Apache-2.0
 *
 * Does the configuration fit the database? Problems that make isolation unsound are errors: the
 * proxy serves nothing from an upstream that has one. The rest is advice. */
#ifndef POLICY_CATALOG_LINT_H
#define POLICY_CATALOG_LINT_H

#include <stdbool.h>

#include "policy/catalog/catalog.h"
#include "policy/config/isolation.h"

struct catalog_problem {
    bool is_error;
    char *message; /* one line: what is wrong and what to do */
};

struct catalog_problems {
    struct catalog_problem *items;
    size_t num_items;
    size_t num_errors;
};

/* All that is wrong with row over catalog: a shared table that has the tenant column or child
 * tables, a shared name that does not exist, a privileged role, no tenant table at all. Release
 * with fini. */
struct catalog_problems catalog_lint(const struct catalog *catalog, const struct config_row *row);

void catalog_problems_fini(struct catalog_problems *problems);

#endif
