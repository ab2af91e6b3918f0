/* SPDX-License-Identifier: Apache-2.0
 *
 * What the proxy knows of an upstream's database: relations, columns, unique keys, functions
 * and types of the managed schemas, and the facts about server and role that isolation rests on.
 * Immutable once built (policy/catalog/builder.h, policy/catalog/json.h). Names are exact: already
 * folded the way the server folds them, without quotes. */
#ifndef POLICY_CATALOG_CATALOG_H
#define POLICY_CATALOG_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum relation_kind {
    RELATION_TABLE,
    RELATION_PARTITIONED,
    RELATION_PARTITION, /* has a partitioned parent; it may be partitioned itself */
    RELATION_VIEW,
    RELATION_MATVIEW,
    RELATION_SEQUENCE,
    RELATION_FOREIGN,
    RELATION_OTHER,
};

struct catalog_column {
    char *name;
    int16_t attnum;
    uint32_t type_oid;
    char *type_name; /* as SQL writes it, schema-qualified, quoted as needed: pg_catalog.text */
    bool is_generated;
    bool has_default; /* identity columns included */
    bool is_identity_always;
    bool is_not_null;
};

struct catalog_index {
    char *name;
    bool is_unique;
    bool is_exclusion;
    bool has_expressions;
    bool is_partial;
    char *constraint_name; /* NULL when it stands behind no constraint */
    int16_t *attnums;      /* key columns in order; 0 for an expression */
    size_t num_attnums;
};

struct catalog_relation {
    char *schema;
    char *name;
    enum relation_kind kind;
    bool is_inheritance_child;      /* has a parent; true for partitions too */
    bool has_children;              /* a scan of it reads theirs too */
    bool is_row_secure;             /* policies decide what our role sees of it */
    struct catalog_column *columns; /* in attnum order, dropped ones left out */
    size_t num_columns;
    struct catalog_index *indexes; /* unique and exclusion indexes only */
    size_t num_indexes;
};

struct catalog_function {
    char *schema;
    char *name;
};

/* An enum or a domain: its values can be written and looked at like those of a built-in type. */
struct catalog_type {
    char *schema;
    char *name;
};

struct catalog {
    uint32_t server_version_num; /* 150018 */
    char *server_encoding;       /* UTF8, or the catalogue would not have been built */
    char *database;
    char *role; /* whom the proxy is logged in as */
    bool is_superuser;
    bool bypasses_rls;
    struct catalog_relation *relations; /* sorted by (schema, name) */
    size_t num_relations;
    struct catalog_function *functions; /* sorted by (schema, name), each name once */
    size_t num_functions;
    struct catalog_type *types; /* sorted by (schema, name) */
    size_t num_types;
};

/* Releases the catalogue and clears the pointer; NULL is fine. */
void catalog_free(struct catalog **catalog);

/* The relation of exactly that name, or NULL. Borrows from c. */
const struct catalog_relation *catalog_find(const struct catalog *c, const char *schema,
                                            const char *name);

/* The column of exactly that name, or NULL (system columns are not listed). Borrows from r. */
const struct catalog_column *catalog_column_find(const struct catalog_relation *r,
                                                 const char *name);

/* The column with that number, or NULL. Borrows from r. */
const struct catalog_column *catalog_column_at(const struct catalog_relation *r, int16_t attnum);

/* Whether a function, procedure or aggregate of that name exists in that managed schema. */
bool catalog_function_exists(const struct catalog *c, const char *schema, const char *name);

/* Whether an enum or a domain of that name exists in that managed schema. */
bool catalog_type_exists(const struct catalog *c, const char *schema, const char *name);

/* The word for the kind in JSON and messages: "table", "view", ... */
const char *relation_kind_name(enum relation_kind kind);

#endif
