/* SPDX-License-Identifier: Apache-2.0
 *
 * The DDL that makes row security the second wall: what isolation.row.enforce: both asks of a
 * database, for its owner to run. */
#ifndef POLICY_CATALOG_POLICIES_H
#define POLICY_CATALOG_POLICIES_H

struct catalog;
struct config_row;

/* One transaction that may be run again and again. Owned by the caller, free() it. */
char *catalog_policies_sql(const struct catalog *catalog, const struct config_row *row);

#endif
