/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds the pieces of tree that keep a tenant in: the tenant's value, the predicate on a
 * reference, and the three ways to attach it. */
#ifndef POLICY_SQL_GUARD_H
#define POLICY_SQL_GUARD_H

#include "policy/sql/relation.h"

/* The tenant's value in the column's type: a literal with a hole, or a parameter to be numbered. */
Node *sql_tenant_value(struct sql_query *q, const struct sql_tenant_type *type);

/* False where the policies of the database alone keep rows apart (enforce: rls). */
bool sql_guards_are_wanted(const struct sql_query *q);

/* Puts the predicate of a changed relation before those of FROM, if guards are wanted. */
List *sql_guard_target(struct sql_query *q, const RangeVar *var,
                       const struct sql_relation *relation, List *predicates);

/* The predicate `<reference>.<tenant column> = <tenant>` for a relation reached as var is. Joins
 * the query's guards, whose final form the fence decides. */
Node *sql_guard_predicate(struct sql_query *q, const RangeVar *var,
                          const struct sql_relation *relation);

/* A new AND node over the predicates and the whole old condition, which may be NULL. */
Node *sql_guard_condition(List *predicates, Node *old);

/* `(item JOIN (SELECT) AS _rfN ON predicate)`: item is a reference, sampled or not. */
Node *sql_guard_join(struct sql_query *q, Node *item, Node *predicate);

/* `(SELECT * FROM item WHERE predicate) AS alias`: takes the alias away from the reference. */
Node *sql_guard_wrap(struct sql_query *q, Node *item, RangeVar *var,
                     const struct sql_relation *relation);

/* Gives every guard its final form: `= value`, or `= ANY (ARRAY[value])` where an expression of
 * the client's could otherwise be evaluated first and raise an error (fence). */
void sql_guard_fence(struct sql_query *q);

#endif
