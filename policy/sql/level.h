/* SPDX-License-Identifier: Apache-2.0
 *
 * One query level as name resolution sees it: which CTE names are visible, which references FROM
 * introduced, and where the search goes on. Levels live on the C stack of the walk. */
#ifndef POLICY_SQL_LEVEL_H
#define POLICY_SQL_LEVEL_H

#include <stdbool.h>

#include "policy/catalog/catalog.h"
#include "policy/sql/query.h"

/* References and CTE names that may be visible in one place. Every name is compared with all of
 * them, here and on the server, so more is refused (54000). */
#define SQL_MAX_NAMES ((size_t)1000)

/* Names compared in one message, here as on the server: 1000 columns in each of 100 sub-queries
 * over 100 tables. A text full of `a.b` beside a long FROM would take seconds, so more is 54000. */
#define SQL_MAX_COMPARED ((uint64_t)10000000)

/* A reference that the server names by itself: it may have any name. */
#define SQL_ANY_NAME "*"

/* A visible CTE name; the innermost comes first. */
struct sql_cte {
    const struct sql_cte *next;
    const char *name;
    const CommonTableExpr *definition; /* for its columns */
};

/* What a FROM item, or a DML target, is called. */
struct sql_reference {
    const struct sql_reference *next;
    const char *name;
    const struct catalog_relation *relation; /* NULL: sub-select, function or CTE */
    const List *colnames;                    /* String: the column alias list, or NIL */
    bool hides;                              /* its whole row has columns that must not be seen */
};

/* Whether a system catalogue with columns that must not be seen can be reached. */
enum sql_hides {
    SQL_HIDES_NOTHING,
    SQL_HIDES_OUTSIDE, /* in FROM of an outer level */
    SQL_HIDES_HERE,
};

struct sql_level {
    const struct sql_level *outer;
    const struct sql_cte *ctes; /* those of outer levels follow */
    const struct sql_reference *references;
    size_t num_names; /* in ctes and references, those of outer levels included */
    enum sql_hides hides;
    bool may_run_early; /* what is walked may be evaluated before a guard */
};

/* A level inside outer (NULL for a statement), with nothing of its own yet. */
struct sql_level sql_level_inside(const struct sql_level *outer);

/* Makes a CTE name visible at this level from now on. */
void sql_level_add_cte(struct sql_level *level, const CommonTableExpr *cte);

/* Adds a reference; name NULL (an unnamed sub-select) adds nothing. */
void sql_level_add_reference(struct sql_level *level, const char *name,
                             const struct catalog_relation *relation, const List *colnames);

/* The same for one that hides columns: a system catalogue, or a join over one. */
void sql_level_add_hiding(struct sql_level *level, const char *name);

/* Whether a reference of that name may be one of those. */
bool sql_level_hides_row(const struct sql_level *level, const char *name);

/* To be called before a name is looked up: ends the work after SQL_MAX_COMPARED. */
void sql_level_charge(struct sql_query *q, const struct sql_level *level);

/* The CTE that an unqualified relation name means at this level, or NULL. */
const struct sql_cte *sql_level_find_cte(const struct sql_level *level, const char *name);

/* Whether a reference of that name may be visible. */
bool sql_level_has_reference(const struct sql_level *level, const char *name);

/* Whether `reference.column` can only mean a column. Which reference the server takes depends on
 * where in FROM the expression stands, so every one of that name, inner or outer, must be a
 * relation that has the column. */
bool sql_level_surely_column(const struct sql_level *level, const char *reference,
                             const char *column);

#endif
