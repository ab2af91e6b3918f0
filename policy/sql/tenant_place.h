/* SPDX-License-Identifier: Apache-2.0
 *
 * Values that a client puts where the tenant belongs: the tenant column of a new row, or of SET. */
#ifndef POLICY_SQL_TENANT_PLACE_H
#define POLICY_SQL_TENANT_PLACE_H

#include "policy/sql/relation.h"

/* What to write in a new row's tenant column for what the client wrote there. A constant must be
 * the tenant (asked for each use), a parameter too (asked for each Bind), NULL is refused, and
 * anything else is replaced: the row is the tenant's whatever the client computed. */
Node *sql_tenant_place_new(struct sql_query *q, const struct sql_relation *relation, Node *old);

/* The targets of SET: refuses to give the tenant column anything but the tenant, and replaces
 * what it accepts. */
void sql_tenant_place_set(struct sql_query *q, const struct sql_relation *relation, List *targets);

#endif
