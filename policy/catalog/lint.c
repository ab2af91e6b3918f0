/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalog/lint.h"

struct catalog_problems catalog_lint(const struct catalog *catalog, const struct config_row *row)
{
    (void)catalog;
    (void)row;
    return (struct catalog_problems){0};
}

void catalog_problems_fini(struct catalog_problems *problems)
{
    *problems = (struct catalog_problems){0};
}
