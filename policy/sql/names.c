/* SPDX-License-Identifier: Apache-2.0
 *
 * Types, operators and collations. Reviewed built-ins only; a name leaves here unqualified only
 * where pg_catalog, which the server searches first, is known to have it. */
#include "policy/sql/names.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/operators.h"
#include "policy/sql/relation.h"
#include "policy/sql/system.h"
#include "policy/sql/types.h"
#include "protocol/bytes.h"

void sql_names_raises(struct sql_query *q, const struct sql_level *level)
{
    if (level->may_run_early) {
        q->raising = true;
    }
}

/* The last part of a name whose only allowed schema is pg_catalog; NULL if it has another one. */
static const char *builtin_name(const List *names)
{
    if (list_length(names) == 1) {
        return strVal(linitial(names));
    }
    if (list_length(names) == 2 && strcmp(strVal(linitial(names)), "pg_catalog") == 0) {
        return strVal(lsecond(names));
    }
    return NULL;
}

/* The grammar's name for `character`, and for the one-byte "char", which has a type of its own:
 * both print right only as the parser gave them. */
static bool keeps_its_spelling(const char *name)
{
    return strcmp(name, "char") == 0 || strcmp(name, "bpchar") == 0;
}

/* varchar(n): a name may stand there for some user-defined types, but those are refused. */
static void check_modifiers(const struct sql_query *q, const TypeName *type)
{
    ListCell *cell;
    foreach (cell, type->typmods) {
        if (!IsA(lfirst(cell), A_Const)) {
            sql_refuse(q, "42601", type->location, NULL,
                       "type modifiers must be simple constants or identifiers");
        }
    }
}

/* A type that asks the catalogues may have a constant to look up, where the policy lets it. */
static bool may_name(struct sql_query *q, const TypeName *type, const char *name)
{
    if (!sql_type_is_metadata(name)) {
        return sql_type_is_allowed(name);
    }
    if (q->harmless_type == type) {
        return q->env->row->metadata != METADATA_STRICT;
    }
    return sql_system_use(q, type->location);
}

/* The managed schema whose enum or domain a name means; NULL when it is none. */
static const char *schema_of(const struct sql_query *q, const TypeName *type)
{
    const struct config_row *row = q->env->row;
    const char *name = strVal(llast(type->names));
    if (type->setof || type->pct_type || type->typmods != NIL || list_length(type->names) > 2) {
        return NULL;
    }
    for (size_t i = 0; i < row->num_schemas; i++) {
        bool is_meant = list_length(type->names) == 1 ||
                        strcmp(strVal(linitial(type->names)), row->schemas[i]) == 0;
        if (is_meant && catalog_type_exists(q->env->catalog, row->schemas[i], name)) {
            return row->schemas[i];
        }
    }
    return NULL;
}

/* Its values are looked up or checked: that may raise, as any conversion may. */
static bool take_managed_type(struct sql_query *q, TypeName *type)
{
    const char *name = strVal(llast(type->names));
    const char *schema = schema_of(q, type);
    if (schema == NULL || (list_length(type->names) == 1 && sql_type_is_builtin(name))) {
        return false;
    }
    type->names = list_make2(makeString(pstrdup(schema)), llast(type->names));
    return true;
}

void sql_names_type(struct sql_query *q, TypeName *type)
{
    check_modifiers(q, type);
    if (take_managed_type(q, type)) {
        return;
    }
    const char *name = builtin_name(type->names);
    if (type->setof || type->pct_type || name == NULL || !may_name(q, type, name)) {
        sql_refuse(q, "42501", type->location, "Only reviewed types of pg_catalog can be used.",
                   "type %s is not allowed under tenant isolation", strVal(llast(type->names)));
    }
    bool is_bare = list_length(type->names) == 1;
    if (keeps_its_spelling(name)) {
        if (!is_bare && type->typmods == NIL) {
            type->names = list_make1(llast(type->names));
        }
    } else if (is_bare) {
        type->names = lcons(makeString(pstrdup("pg_catalog")), type->names);
    }
}

enum sql_operator_class sql_names_operator(struct sql_query *q, const struct sql_level *level,
                                           const List *name, int location)
{
    const char *symbol = builtin_name(name);
    enum sql_operator_class class =
        symbol == NULL ? SQL_OPERATOR_UNKNOWN : sql_operator_classify(symbol);
    if (class == SQL_OPERATOR_UNKNOWN) {
        sql_refuse(q, "42501", location, "Only reviewed operators of pg_catalog can be used.",
                   "operator %s is not allowed under tenant isolation", strVal(llast(name)));
    }
    if (class == SQL_OPERATOR_RAISING) {
        sql_names_raises(q, level);
    }
    return class;
}

void sql_names_collation(struct sql_query *q, const List *name, int location)
{
    if (list_length(name) <= 1) {
        return;
    }
    const char *schema = strVal(linitial(name));
    if (list_length(name) == 2 &&
        (strcmp(schema, "pg_catalog") == 0 || sql_schema_is_managed(q->env->row, schema))) {
        return;
    }
    sql_refuse(q, "42501", location, "Tenants may use the managed schemas only.",
               "permission denied for schema %s", schema);
}
