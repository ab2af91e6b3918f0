/* SPDX-License-Identifier: Apache-2.0
 *
 * Which operator symbols of pg_catalog a tenant may use, and which of them may be evaluated on a
 * row of another tenant before the guard is, because no value makes them raise an error. */
#ifndef POLICY_SQL_OPERATORS_H
#define POLICY_SQL_OPERATORS_H

#include <stdbool.h>

#include "protocol/bytes.h"

enum sql_operator_class {
    SQL_OPERATOR_UNKNOWN, /* not an operator of pg_catalog: refused, it runs a function unseen */
    SQL_OPERATOR_SAFE,    /* comparisons: never raise */
    SQL_OPERATOR_PATTERN, /* LIKE: never raises if sql_pattern_never_raises(its constant pattern) */
    SQL_OPERATOR_RAISING, /* pure, but some value raises: needs the fence */
};

enum sql_operator_class sql_operator_classify(const char *symbol);

/* Whether LIKE with this pattern raises for no value. A pattern that ends in a lone backslash
 * raises as soon as a value matches what is before it, and so says whether such a value exists:
 * `name LIKE 'bob\'` (verified on PostgreSQL 15). A pattern that is not a constant is never safe.
 */
bool sql_pattern_never_raises(struct slice pattern);

#endif
