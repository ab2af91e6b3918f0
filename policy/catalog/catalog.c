/* SPDX-License-Identifier: Apache-2.0
 *
 * Look-ups in a finished catalogue. Relations and functions are sorted by (schema, name) in byte
 * order, so a look-up is a binary search over what fits a few cache lines per step; the names come
 * from the operator's own database, so nothing here needs a keyed hash. Owns everything below
 * struct catalog. Any thread may read; nobody writes. */
#include "policy/catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

struct full_name {
    const char *schema;
    const char *name;
};

static int compare_names(const char *schema_a, const char *name_a, const char *schema_b,
                         const char *name_b)
{
    int order = strcmp(schema_a, schema_b);
    return order != 0 ? order : strcmp(name_a, name_b);
}

static int compare_relation(const void *key, const void *element)
{
    const struct full_name *wanted = key;
    const struct catalog_relation *r = element;
    return compare_names(wanted->schema, wanted->name, r->schema, r->name);
}

static int compare_function(const void *key, const void *element)
{
    const struct full_name *wanted = key;
    const struct catalog_function *f = element;
    return compare_names(wanted->schema, wanted->name, f->schema, f->name);
}

static int compare_type(const void *key, const void *element)
{
    const struct full_name *wanted = key;
    const struct catalog_type *f = element;
    return compare_names(wanted->schema, wanted->name, f->schema, f->name);
}

static void relation_fini(struct catalog_relation *r)
{
    free(r->schema);
    free(r->name);
    for (size_t i = 0; i < r->num_columns; i++) {
        free(r->columns[i].name);
        free(r->columns[i].type_name);
    }
    free(r->columns);
    for (size_t i = 0; i < r->num_indexes; i++) {
        free(r->indexes[i].name);
        free(r->indexes[i].constraint_name);
        free(r->indexes[i].attnums);
    }
    free(r->indexes);
}

void catalog_free(struct catalog **catalog)
{
    struct catalog *c = *catalog;
    *catalog = NULL;
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->num_relations; i++) {
        relation_fini(&c->relations[i]);
    }
    for (size_t i = 0; i < c->num_functions; i++) {
        free(c->functions[i].schema);
        free(c->functions[i].name);
    }
    free(c->relations);
    free(c->functions);
    for (size_t i = 0; i < c->num_types; i++) {
        free(c->types[i].schema);
        free(c->types[i].name);
    }
    free(c->types);
    free(c->server_encoding);
    free(c->database);
    free(c->role);
    free(c);
}

const struct catalog_relation *catalog_find(const struct catalog *c, const char *schema,
                                            const char *name)
{
    check(c != NULL && schema != NULL && name != NULL);
    struct full_name wanted = {schema, name};
    if (c->num_relations == 0) {
        return NULL;
    }
    return bsearch(&wanted, c->relations, c->num_relations, sizeof *c->relations, compare_relation);
}

const struct catalog_column *catalog_column_find(const struct catalog_relation *r, const char *name)
{
    check(r != NULL && name != NULL);
    for (size_t i = 0; i < r->num_columns; i++) {
        if (strcmp(r->columns[i].name, name) == 0) {
            return &r->columns[i];
        }
    }
    return NULL;
}

const struct catalog_column *catalog_column_at(const struct catalog_relation *r, int16_t attnum)
{
    check(r != NULL);
    for (size_t i = 0; i < r->num_columns; i++) {
        if (r->columns[i].attnum == attnum) {
            return &r->columns[i];
        }
    }
    return NULL;
}

bool catalog_function_exists(const struct catalog *c, const char *schema, const char *name)
{
    check(c != NULL && schema != NULL && name != NULL);
    struct full_name wanted = {schema, name};
    return c->num_functions > 0 && bsearch(&wanted, c->functions, c->num_functions,
                                           sizeof *c->functions, compare_function) != NULL;
}

bool catalog_type_exists(const struct catalog *c, const char *schema, const char *name)
{
    check(c != NULL && schema != NULL && name != NULL);
    struct full_name wanted = {schema, name};
    return c->num_types > 0 &&
           bsearch(&wanted, c->types, c->num_types, sizeof *c->types, compare_type) != NULL;
}

const char *relation_kind_name(enum relation_kind kind)
{
    static const char *const names[] = {
        [RELATION_TABLE] = "table",
        [RELATION_PARTITIONED] = "partitioned table",
        [RELATION_PARTITION] = "partition",
        [RELATION_VIEW] = "view",
        [RELATION_MATVIEW] = "materialized view",
        [RELATION_SEQUENCE] = "sequence",
        [RELATION_FOREIGN] = "foreign table",
        [RELATION_OTHER] = "other",
    };
    check((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}
