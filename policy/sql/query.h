/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stages of the rewriter share while one message is worked on. Lives inside libpg_run:
 * everything it points to is palloc'd or borrowed from the request. */
#ifndef POLICY_SQL_QUERY_H
#define POLICY_SQL_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/catalog/catalog.h"
#include "policy/config/isolation.h"
#include "policy/sql/libpg.h"
#include "policy/sql/plan.h"
#include "policy/sql/tenant_type.h"

#define SQL_NO_LOCATION (-1)

/* Server versions in which constructs appeared. */
#define SQL_VERSION_16 ((uint32_t)160000)
#define SQL_VERSION_17 ((uint32_t)170000)
#define SQL_VERSION_18 ((uint32_t)180000)

struct sql_query {
    const struct sql_environment *env;
    const struct sql_request *request;
    const char *text; /* the client's, NUL-terminated */
    size_t text_len;

    bool uses_literals; /* the tenant stands in the text, not in a parameter */
    char sentinel[24];  /* stands for the tenant in literals; occurs nowhere in text */
    uint32_t num_holes; /* literals made with it */
    Node *value;        /* the tenant's value in value_type, or NULL */
    const struct sql_tenant_type *value_type;
    List *tenant_params;     /* ParamRef: numbered when the client's highest is known */
    uint32_t added_type;     /* OID of the tenant's parameter; 0: there is none */
    bool added_type_differs; /* columns of several types share it: it is text, cast to each */
    char guard_prefix[24];   /* of the aliases we invent; occurs nowhere in text */
    uint32_t num_aliases;
    int max_param; /* highest $n of the client */

    List *guards; /* A_Expr: one per tenant predicate; the fence decides their final form */
    uint64_t num_compared; /* names, so far */
    bool sets_locally;     /* set_config is used, until the end of the transaction */
    bool asks_system;      /* a function or type that looks into the system catalogues is used */
    int asks_location;     /* one of them */
    const TypeName *harmless_type; /* the last one that is given a constant */
    bool raising; /* an expression that may run before a guard may raise an error */

    const char *expected; /* constant in the tenant's place: must be the tenant. NULL: none */
    const struct sql_tenant_type *expected_type;
    int expected_location;
    List *bind_params;    /* Integer: parameter numbers that must be the tenant */
    List *bind_types;     /* const struct sql_tenant_type *, in step */
    List *setting_params; /* Integer: parameter numbers that name a setting to read */
    List *pattern_params; /* Integer: parameter numbers that are LIKE patterns */

    bool copies;                          /* data of COPY may come or go */
    const struct copy_in_format *copy_in; /* what is to be done to it; NULL: none comes */
    const char *deallocated;              /* by the last statement; "" for ALL; NULL: nothing */
    const char *setting_name;  /* that the last statement gives the session; NULL: none */
    const char *setting_value; /* NULL: RESET */

    List *notes;     /* char *: for people; only when the environment asks */
    bool is_proving; /* from here on whatever is thrown is a failed proof */
};

/* Ends the work with an ErrorResponse. location is a byte offset into the client's text or
 * SQL_NO_LOCATION; hint may be NULL. */
pg_noreturn void sql_refuse(const struct sql_query *q, const char *sqlstate, int location,
                            const char *hint, const char *format, ...) pg_attribute_printf(5, 6);

/* Adds a line to the plan's notes, if they are wanted. */
void sql_note(struct sql_query *q, const char *format, ...) pg_attribute_printf(2, 3);

#endif
