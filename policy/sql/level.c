/* SPDX-License-Identifier: Apache-2.0
 *
 * Name spaces of the query levels. CTE scope is PostgreSQL's: whoever adds a name decides when,
 * and so a non-recursive CTE is invisible to itself and to earlier ones; a level that ends takes
 * its names with it because they hang on its own list. */
#include "policy/sql/level.h"

#include <string.h>

#include "nodes/value.h"

struct sql_level sql_level_inside(const struct sql_level *outer)
{
    return (struct sql_level){
        .outer = outer,
        .ctes = outer != NULL ? outer->ctes : NULL,
        .num_names = outer != NULL ? outer->num_names : 0,
        .hides = outer != NULL && outer->hides != SQL_HIDES_NOTHING ? SQL_HIDES_OUTSIDE
                                                                    : SQL_HIDES_NOTHING,
        .may_run_early = true,
    };
}

static void count_name(struct sql_level *level)
{
    if (++level->num_names > SQL_MAX_NAMES) {
        libpg_throw("54000", 0, "too many tables in one statement", NULL);
    }
}

void sql_level_add_cte(struct sql_level *level, const CommonTableExpr *cte)
{
    count_name(level);
    struct sql_cte *added = palloc(sizeof(*added));
    *added = (struct sql_cte){.next = level->ctes, .name = cte->ctename, .definition = cte};
    level->ctes = added;
}

static void add(struct sql_level *level, struct sql_reference reference)
{
    if (reference.name == NULL) {
        return;
    }
    count_name(level);
    struct sql_reference *added = palloc(sizeof(*added));
    *added = reference;
    added->next = level->references;
    level->references = added;
}

void sql_level_add_reference(struct sql_level *level, const char *name,
                             const struct catalog_relation *relation, const List *colnames)
{
    add(level, (struct sql_reference){.name = name, .relation = relation, .colnames = colnames});
}

void sql_level_add_hiding(struct sql_level *level, const char *name)
{
    add(level, (struct sql_reference){.name = name, .hides = true});
}

bool sql_level_hides_row(const struct sql_level *level, const char *name)
{
    for (; level != NULL; level = level->outer) {
        for (const struct sql_reference *r = level->references; r != NULL; r = r->next) {
            if (r->hides && strcmp(r->name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

void sql_level_charge(struct sql_query *q, const struct sql_level *level)
{
    q->num_compared += level->num_names;
    if (q->num_compared > SQL_MAX_COMPARED) {
        libpg_throw("54000", 0, "too many names in one statement", NULL);
    }
}

const struct sql_cte *sql_level_find_cte(const struct sql_level *level, const char *name)
{
    for (const struct sql_cte *cte = level->ctes; cte != NULL; cte = cte->next) {
        if (strcmp(cte->name, name) == 0) {
            return cte;
        }
    }
    return NULL;
}

static bool is_system_column(const char *name)
{
    static const char *const names[] = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_column(const struct sql_reference *reference, const char *column)
{
    ListCell *cell;
    foreach (cell, reference->colnames) {
        if (strcmp(strVal(lfirst(cell)), column) == 0) {
            return true;
        }
    }
    if (reference->relation == NULL || reference->colnames != NIL) {
        return false;
    }
    return is_system_column(column) || catalog_column_find(reference->relation, column) != NULL;
}

bool sql_level_has_reference(const struct sql_level *level, const char *name)
{
    for (; level != NULL; level = level->outer) {
        for (const struct sql_reference *r = level->references; r != NULL; r = r->next) {
            if (strcmp(r->name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

bool sql_level_surely_column(const struct sql_level *level, const char *reference,
                             const char *column)
{
    bool found = false;
    for (; level != NULL; level = level->outer) {
        for (const struct sql_reference *r = level->references; r != NULL; r = r->next) {
            if (strcmp(r->name, reference) != 0 && strcmp(r->name, SQL_ANY_NAME) != 0) {
                continue;
            }
            if (!has_column(r, column)) {
                return false;
            }
            found = true;
        }
    }
    return found;
}
