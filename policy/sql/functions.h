/* SPDX-License-Identifier: Apache-2.0
 *
 * Which functions of pg_catalog a tenant may call. A name stands for all its overloads; what was
 * never reviewed is refused. Names come folded, as the parser gives them, without a schema. */
#ifndef POLICY_SQL_FUNCTIONS_H
#define POLICY_SQL_FUNCTIONS_H

#include <stdbool.h>

enum sql_function_class {
    SQL_FUNCTION_UNKNOWN,  /* not in pg_catalog as far as we know: refused */
    SQL_FUNCTION_SAFE,     /* pure, and no value makes it raise an error */
    SQL_FUNCTION_RAISING,  /* pure, but a value can make it raise an error: needs the fence */
    SQL_FUNCTION_SETTING,  /* current_setting: a constant that sql_setting_may_read allows */
    SQL_FUNCTION_SETTER,   /* set_config: what sql_function_sets says */
    SQL_FUNCTION_METADATA, /* asks the catalogues for names and definitions */
    SQL_FUNCTION_COUNTS,   /* asks for sizes that all tenants' rows make */
    SQL_FUNCTION_LEAKS,    /* reads tables, catalogues, files, other sessions, or runs SQL */
    SQL_FUNCTION_SESSION,  /* touches state that the next tenant on the link would see */
    SQL_FUNCTION_REFUSED,  /* not reviewed, or an implementation detail */
};

enum sql_function_class sql_function_classify(const char *name);

/* A tenant may call it whatever the arguments: SAFE or RAISING. */
bool sql_function_is_allowed(const char *name);

/* pg_catalog has a function of this name, allowed or not. */
bool sql_function_is_builtin(const char *name);

/* No value of any row can make it raise an error, and it has no effect that can be observed: it
 * may be evaluated on another tenant's row before the guard is. */
bool sql_function_never_raises(const char *name);

/* Some overload takes a whole row (record, "any", anyelement) as its only needed argument: only
 * these can `x.name` mean when x is a row without a column of that name. */
bool sql_function_takes_row(const char *name);

/* Why a class is refused, for a person: "it reads other tables or sessions". "" if allowed. */
const char *sql_function_reason(enum sql_function_class class);

#endif
