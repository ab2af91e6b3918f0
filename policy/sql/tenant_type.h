/* SPDX-License-Identifier: Apache-2.0
 *
 * The types a tenant column may have, and when a value of such a type is the tenant. */
#ifndef POLICY_SQL_TENANT_TYPE_H
#define POLICY_SQL_TENANT_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"

enum sql_tenant_form { SQL_TENANT_TEXT, SQL_TENANT_UUID, SQL_TENANT_INTEGER };

struct sql_tenant_type {
    uint32_t oid;
    enum sql_tenant_form form;
    const char *cast;  /* type of pg_catalog to which the tenant's literal is cast */
    uint32_t cast_oid; /* of that type */
};

/* The type with that OID, or NULL when a tenant column may not have it. */
const struct sql_tenant_type *sql_tenant_type_find(uint32_t oid);

/* Whether a parameter that stands for the tenant may be declared with that OID. */
bool sql_tenant_type_accepts(const struct sql_tenant_type *type, uint32_t declared_oid);

/* Whether value, in the type's text or binary form, is the tenant. */
bool sql_tenant_equals_text(const struct sql_tenant_type *type, struct slice value,
                            struct slice tenant);
bool sql_tenant_equals_binary(const struct sql_tenant_type *type, struct slice value,
                              struct slice tenant);

#endif
