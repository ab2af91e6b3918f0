/* SPDX-License-Identifier: Apache-2.0
 *
 * What a relation name in a statement means: a CTE, a shared relation, a tenant relation, or a
 * refusal. Configuration and catalogue decide, never the server's search path. */
#ifndef POLICY_SQL_RELATION_H
#define POLICY_SQL_RELATION_H

#include "policy/sql/level.h"

enum sql_relation_class { SQL_RELATION_CTE, SQL_RELATION_SHARED, SQL_RELATION_TENANT };

struct sql_relation {
    enum sql_relation_class class;
    const struct catalog_relation *catalog; /* NULL for a CTE */
    const struct catalog_column *column;    /* the tenant column; NULL unless TENANT */
    const struct sql_tenant_type *type;     /* of that column */
};

/* Resolves a reference in FROM and qualifies the name in the tree. Refuses what may not be read. */
struct sql_relation sql_relation_read(struct sql_query *q, const struct sql_level *level,
                                      RangeVar *var);

/* Resolves the target of INSERT, UPDATE or DELETE, which is never a CTE, and qualifies the name.
 * Refuses what is not a tenant relation. */
struct sql_relation sql_relation_write(struct sql_query *q, RangeVar *var);

/* Whether the configuration lists the relation as shared. */
bool sql_relation_is_shared(const struct config_row *row, const struct catalog_relation *relation);

/* Whether the configuration lists the view as one whose tenant column can be trusted. */
bool sql_view_is_listed(const struct config_row *row, const struct catalog_relation *relation);

/* Whether the configuration manages that schema. */
bool sql_schema_is_managed(const struct config_row *row, const char *schema);

#endif
