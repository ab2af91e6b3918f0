/* SPDX-License-Identifier: Apache-2.0
 *
 * The pieces of the checker. It shares the data with the rewriter (catalogue, configuration,
 * reviewed lists) but none of its code for names, scopes, places and predicates. */
#ifndef POLICY_SQL_PROOF_PARTS_H
#define POLICY_SQL_PROOF_PARTS_H

#include "policy/sql/query.h"

/* A CTE name in scope. */
struct proof_scope {
    const struct proof_scope *next;
    const char *name;
};

struct proof {
    struct sql_query *q;
};

/* Ends the work: what is not proved. */
pg_noreturn void proof_fail(const struct proof *p, const char *what);

/* The tenant relation that an emitted name stands for; NULL for a CTE or a shared relation. Fails
 * on names that are neither qualified nor a CTE's, and on relations that nobody may read. */
const struct catalog_relation *proof_tenant_relation(const struct proof *p,
                                                     const struct proof_scope *scope,
                                                     const RangeVar *var);

/* The relation that a DML statement changes, which must be a tenant's. */
const struct catalog_relation *proof_target(const struct proof *p, const RangeVar *var);

/* Whether node is the tenant's value in the type of relation's tenant column. */
bool proof_is_value(const struct proof *p, const struct catalog_relation *relation,
                    const Node *node);

/* The same, or a CASE that always takes it. */
bool proof_is_forced_value(const struct proof *p, const struct catalog_relation *relation,
                           const Node *node);

/* Whether the condition, or one of those that it joins with AND, keeps the tenant in var. */
bool proof_has_guard(const struct proof *p, const struct catalog_relation *relation,
                     const RangeVar *var, const Node *condition);

/* A function name that may be called. */
void proof_check_call(const struct proof *p, const FuncCall *call);

/* A query with everything in it; and a WITH clause, answering the scope behind it. */
void proof_check_select(const struct proof *p, const struct proof_scope *scope,
                        const SelectStmt *select);
const struct proof_scope *proof_check_with(const struct proof *p, const struct proof_scope *scope,
                                           const WithClause *with);

/* FROM or USING, guarded by where or below. */
void proof_check_from(const struct proof *p, const struct proof_scope *scope, const List *from,
                      const Node *where);

/* Expressions: sub-queries in them, reviewed nodes and functions only. */
void proof_check_expression(const struct proof *p, const struct proof_scope *scope,
                            const void *node);

/* INSERT, UPDATE, DELETE or a query, as a statement or in WITH. */
void proof_check_query(const struct proof *p, const struct proof_scope *scope, const Node *query);

#endif
