/* SPDX-License-Identifier: Apache-2.0
 *
 * A session's prepared statements: what the client calls them and what was planned for them.
 * Statements are reference counted because messages under way still need one that was closed.
 * One worker's thread only. */
#ifndef PROXY_PG_STATEMENT_MAP_H
#define PROXY_PG_STATEMENT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/siphash.h"

struct sql_plan;
struct statement_slot;

#define STATEMENTS_PER_SESSION ((size_t)5000)
#define STATEMENT_NAME_MAX     ((size_t)1024) /* bytes; the server allows any that fit a message */

/* Immutable but for the two fields that say whether the server has agreed to it. */
struct statement {
    struct sql_plan *plan; /* shares */
    uint64_t epoch;        /* of the snapshot the plan was made under */
    uint64_t settings_tag; /* the session's settings under which its literals are read */
    uint8_t *types;        /* owns; types_len bytes: the types the client declared, as they came */
    size_t types_len;
    uint8_t
        *text; /* owns; text_len bytes: the client's SQL, to plan it again under a new snapshot */
    size_t text_len;
    uint32_t batch;  /* of the Parse message that is under way */
    bool is_settled; /* the server has answered that Parse */
    /* private */
    uint32_t refs;
    struct statement_slot *slot; /* borrows; NULL when no name of the map leads here */
};

/* What a Parse message and its plan say. All borrowed. */
struct statement_spec {
    struct sql_plan *plan;
    uint64_t epoch;
    uint64_t settings_tag;
    struct slice types; /* as they stand in the Parse message */
    struct slice text;
};

/* A statement with one reference, which the caller owns. */
struct statement *statement_new(const struct statement_spec *spec);
struct statement *statement_ref(struct statement *s);
void statement_unref(struct statement **s);

/* What the maps of a worker's sessions may hold, and do: names, texts, types, bookkeeping. */
struct statement_account {
    size_t session_max; /* bytes of one map */
    size_t worker_max;  /* bytes of all together */
    size_t bytes;
    size_t count;
};

/* One with nothing but an account is empty. */
struct statement_map {
    struct statement_account *account; /* borrows */
    /* private */
    struct statement_slot *slots; /* owns */
    size_t bytes;
};

enum statement_status {
    STATEMENT_OK,
    STATEMENT_EXISTS,   /* 42P05 */
    STATEMENT_TOO_MANY, /* 53400 */
};

/* Gives s a name (not empty), sharing it. key is the worker's: names come from clients. */
MUST_USE enum statement_status statement_map_add(struct statement_map *map,
                                                 const struct siphash_key *key, struct slice name,
                                                 struct statement *s);

/* The statement of that name, or NULL. Borrows from the map. */
struct statement *statement_map_find(const struct statement_map *map, const struct siphash_key *key,
                                     struct slice name);

/* Takes the name off s, if it has one here. The caller's reference to s stays. */
void statement_map_remove(struct statement_map *map, struct statement *s);

/* Detaches the name from the map, as Close does: NULL if there is none, else the caller owns the
 * slot until it is put back (the Close was skipped; a newer holder of the name wins) or freed. */
struct statement_slot *statement_map_take(struct statement_map *map, const struct siphash_key *key,
                                          struct slice name);
/* The same for all names, as one chain. */
struct statement_slot *statement_map_take_all(struct statement_map *map);
/* What was taken: one name or a chain; either may be NULL. */
void statement_map_put_back(struct statement_map *map, const struct siphash_key *key,
                            struct statement_slot **slot);
void statement_slot_free(struct statement_slot **slot);

/* Has the name of old, if it has one here, lead to s instead. */
void statement_map_replace(struct statement_map *map, struct statement *old, struct statement *s);

/* Forgets every name and gives the references up. */
void statement_map_clear(struct statement_map *map);

#endif
