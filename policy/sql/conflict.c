/* SPDX-License-Identifier: Apache-2.0
 *
 * A conflict with another tenant's row tells that the row exists, and DO UPDATE would change it.
 * So the key that decides must contain the tenant column; the guard in DO UPDATE's WHERE is there
 * in any case, should the catalogue be stale. */
#include "policy/sql/conflict.h"

#include <string.h>

#include "policy/sql/dml.h"
#include "policy/sql/guard.h"
#include "policy/sql/tenant_place.h"

pg_noreturn static void refuse_key(const struct sql_query *q, int location)
{
    sql_refuse(q, "0A000", location,
               "Use a unique key that has the tenant column, and name its columns.",
               "ON CONFLICT needs a unique key with column \"%s\"", q->env->row->column);
}

/* An exclusion constraint may compare the column with any operator. */
static bool index_separates(const struct catalog_index *index, const struct catalog_column *tenant)
{
    if (index->is_exclusion) {
        return false;
    }
    for (size_t i = 0; i < index->num_attnums; i++) {
        if (index->attnums[i] == tenant->attnum) {
            return true;
        }
    }
    return false;
}

/* Without a target any unique index may decide, those of partitions included. */
static void check_all(const struct sql_query *q, const struct sql_relation *relation, int location)
{
    const struct catalog_relation *catalog = relation->catalog;
    if (catalog->kind != RELATION_TABLE) {
        refuse_key(q, location);
    }
    for (size_t i = 0; i < catalog->num_indexes; i++) {
        if (!index_separates(&catalog->indexes[i], relation->column)) {
            refuse_key(q, location);
        }
    }
}

static void check_constraint(const struct sql_query *q, const struct sql_relation *relation,
                             const InferClause *infer)
{
    const struct catalog_relation *catalog = relation->catalog;
    for (size_t i = 0; i < catalog->num_indexes; i++) {
        const struct catalog_index *index = &catalog->indexes[i];
        if (index->constraint_name != NULL && strcmp(index->constraint_name, infer->conname) == 0) {
            if (!index_separates(index, relation->column)) {
                refuse_key(q, infer->location);
            }
            return;
        }
    }
    sql_refuse(q, "42704", infer->location, NULL,
               "constraint \"%s\" for table \"%s\" does not exist", infer->conname, catalog->name);
}

/* The server infers an index with exactly these columns, so the tenant's must be among them. */
static void check_columns(const struct sql_query *q, const struct sql_relation *relation,
                          const InferClause *infer)
{
    ListCell *cell;
    foreach (cell, infer->indexElems) {
        const IndexElem *element = lfirst(cell);
        if (element->name != NULL && strcmp(element->name, relation->column->name) == 0) {
            return;
        }
    }
    refuse_key(q, infer->location);
}

static void check_key(const struct sql_query *q, const struct sql_relation *relation,
                      const OnConflictClause *clause)
{
    const InferClause *infer = clause->infer;
    if (infer == NULL) {
        check_all(q, relation, clause->location);
    } else if (infer->conname != NULL) {
        check_constraint(q, relation, infer);
    } else {
        check_columns(q, relation, infer);
    }
}

void sql_conflict_walk(struct sql_query *q, struct sql_level *level, InsertStmt *insert,
                       const struct sql_relation *relation)
{
    OnConflictClause *clause = insert->onConflictClause;
    if (clause == NULL) {
        return;
    }
    check_key(q, relation, clause);
    if (clause->infer != NULL) {
        sql_walk_expression(q, level, clause->infer->indexElems);
        sql_walk_expression(q, level, clause->infer->whereClause);
    }
    if (clause->action != ONCONFLICT_UPDATE) {
        return;
    }
    sql_level_add_reference(level, "excluded", relation->catalog, NIL);
    sql_dml_walk_output(q, level, clause->targetList);
    sql_walk_expression(q, level, clause->whereClause);
    sql_tenant_place_set(q, relation, clause->targetList);
    List *predicates = sql_guard_target(q, insert->relation, relation, NIL);
    clause->whereClause = sql_guard_condition(predicates, clause->whereClause);
}
