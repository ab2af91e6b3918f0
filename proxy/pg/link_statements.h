/* SPDX-License-Identifier: Apache-2.0
 *
 * What a link's server has prepared, under names that only the proxy uses and uses once. A
 * statement is the same for every session that has the same plan and the same settings. Keeps at
 * most LINK_STATEMENTS; the one that was used longest ago makes room. */
#ifndef PROXY_PG_LINK_STATEMENTS_H
#define PROXY_PG_LINK_STATEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct statement;

#define LINK_STATEMENTS       ((size_t)200) /* PgBouncer's default, and enough for most programs */
#define LINK_STATEMENT_NAME   ((size_t)24)  /* "rf_" and a 64-bit number, with its NUL */
#define LINK_STATEMENT_NOBODY UINT64_C(0)   /* the number of no statement */

struct link_statement {
    uint64_t number; /* of its name on the server */
    uint32_t batch;  /* of the Parse message that is under way */
    bool is_settled; /* the server has prepared it */
    /* private */
    struct link_statement_key *key; /* owns */
    struct link_statement *older;
    struct link_statement *newer;
};

/* The server's statement without a name. */
struct link_unnamed {
    struct statement *statement; /* shares; what it is; NULL: unknown */
    uint64_t number;             /* of the last Parse of it, counted up */
    uint32_t batch;              /* in which it stood */
    bool is_settled;             /* the server has answered it */
};

/* A zeroed one is empty. */
struct link_statements {
    /* private */
    struct link_statement_key *by_key;
    struct link_statement_key *by_number;
    struct link_statement *oldest;
    struct link_statement *newest;
    uint64_t last_number;
};

/* The server's statement for s, or NULL. It becomes the newest. Borrows. */
struct link_statement *link_statements_find(struct link_statements *map, const struct statement *s);

/* A new, unsettled one for s (which has none) under a name never used on this link. Borrows. */
struct link_statement *link_statements_add(struct link_statements *map, const struct statement *s);

/* The one with that number, or NULL when it is gone. Borrows. */
struct link_statement *link_statements_at(struct link_statements *map, uint64_t number);

/* When full: removes the oldest and answers its number, which must be closed on the server.
 * LINK_STATEMENT_NOBODY while there is room. */
uint64_t link_statements_evict(struct link_statements *map);

/* Forgets one, or all: the server does not have them (any more). */
void link_statements_remove(struct link_statements *map, struct link_statement *s);
void link_statements_clear(struct link_statements *map);

size_t link_statements_count(const struct link_statements *map);

/* Writes the server's name of statement `number` and answers its length. */
size_t link_statement_name(uint64_t number, char out_name[LINK_STATEMENT_NAME]);

#endif
