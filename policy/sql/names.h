/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules for everything in an expression that the server would look up by name and run: functions,
 * columns that are functions in disguise, types, operators, collations. */
#ifndef POLICY_SQL_NAMES_H
#define POLICY_SQL_NAMES_H

#include "policy/sql/level.h"
#include "policy/sql/operators.h"

/* Refuses a call that is not allowed; qualifies the name of one that is. */
void sql_names_call(struct sql_query *q, const struct sql_level *level, FuncCall *call);

/* Refuses `o.f` where f may be a function rather than a column. */
void sql_names_column(struct sql_query *q, const struct sql_level *level, const ColumnRef *column);

/* The same for `(expression).f`. */
void sql_names_indirection(struct sql_query *q, const struct sql_level *level,
                           const A_Indirection *indirection);

/* Refuses a type that is not an allowed built-in; qualifies its name. */
void sql_names_type(struct sql_query *q, TypeName *type);

/* Refuses an operator that is not a reviewed built-in. name is its possibly qualified name. Notes
 * in the query when it may raise an error before a guard. A pattern operator is the caller's to
 * guard. */
enum sql_operator_class sql_names_operator(struct sql_query *q, const struct sql_level *level,
                                           const List *name, int location);

/* Refuses a collation or operator class outside pg_catalog and the managed schemas. */
void sql_names_collation(struct sql_query *q, const List *name, int location);

/* What is walked at this level may raise an error: if it may run before a guard, fence. */
void sql_names_raises(struct sql_query *q, const struct sql_level *level);

#endif
