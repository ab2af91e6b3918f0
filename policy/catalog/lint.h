/* SPDX-License-Identifier: Apache-2.0
 *
 * Does the configuration fit the database? Problems that make isolation unsound are errors: the
 * proxy serves nothing from an upstream that has one. The rest is advice. */
#ifndef POLICY_CATALOG_LINT_H
#define POLICY_CATALOG_LINT_H

#include "policy/catalog/catalog.h"
#include "policy/catalog/problems.h"
#include "policy/config/isolation.h"

/* All that is wrong with row over catalog: a shared table that has the tenant column or child
 * tables, a shared name that does not exist, a privileged role, no tenant table at all, a server
 * without the fixes that row security needs. Release with fini. */
struct catalog_problems catalog_lint(const struct catalog *catalog, const struct config_row *row);

#endif
