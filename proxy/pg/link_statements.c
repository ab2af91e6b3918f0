/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements of one server connection. An entry holds a reference to its plan, so a plan's
 * address stands for its text, its declared types and the catalogue it was made under: nothing
 * here compares texts. Numbers only grow: a name is never used twice on a link, so a message that
 * was sent for one statement can never meet another. */
#include "proxy/pg/link_statements.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/sql/plan.h"
#include "policy/sql/reserved.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/pg/hash.h"
#include "proxy/pg/statement_map.h"

struct identity {
    const struct sql_plan *plan;
    uint64_t settings_tag;
};

struct link_statement_key {
    struct identity identity;
    struct sql_plan *plan; /* shares */
    struct link_statement *statement;
    UT_hash_handle hh;        /* by identity */
    UT_hash_handle hh_number; /* by number */
};

static struct identity identity_of(const struct statement *s)
{
    return (struct identity){.plan = s->plan, .settings_tag = s->settings_tag};
}

static void unchain(struct link_statements *map, struct link_statement *s)
{
    *(s->older != NULL ? &s->older->newer : &map->oldest) = s->newer;
    *(s->newer != NULL ? &s->newer->older : &map->newest) = s->older;
    s->older = NULL;
    s->newer = NULL;
}

static void chain(struct link_statements *map, struct link_statement *s)
{
    s->older = map->newest;
    *(map->newest != NULL ? &map->newest->newer : &map->oldest) = s;
    map->newest = s;
}

struct link_statement *link_statements_find(struct link_statements *map, const struct statement *s)
{
    struct identity identity = identity_of(s);
    struct link_statement_key *key = NULL;
    HASH_FIND(hh, map->by_key, &identity, sizeof identity, key);
    if (key == NULL) {
        return NULL;
    }
    if (map->newest != key->statement) {
        unchain(map, key->statement);
        chain(map, key->statement);
    }
    return key->statement;
}

struct link_statement *link_statements_add(struct link_statements *map, const struct statement *s)
{
    struct link_statement *statement = mem_new(sizeof *statement);
    struct link_statement_key *key = mem_new(sizeof *key);
    statement->number = ++map->last_number;
    statement->key = key;
    key->identity = identity_of(s);
    key->plan = sql_plan_ref(s->plan);
    key->statement = statement;
    HASH_ADD(hh, map->by_key, identity, sizeof key->identity, key);
    HASH_ADD_KEYPTR(hh_number, map->by_number, &statement->number, sizeof statement->number, key);
    chain(map, statement);
    return statement;
}

struct link_statement *link_statements_at(struct link_statements *map, uint64_t number)
{
    struct link_statement_key *key = NULL;
    HASH_FIND(hh_number, map->by_number, &number, sizeof number, key);
    return key == NULL ? NULL : key->statement;
}

uint64_t link_statements_evict(struct link_statements *map)
{
    if (link_statements_count(map) < LINK_STATEMENTS) {
        return LINK_STATEMENT_NOBODY;
    }
    uint64_t number = map->oldest->number;
    link_statements_remove(map, map->oldest);
    return number;
}

void link_statements_remove(struct link_statements *map, struct link_statement *s)
{
    struct link_statement_key *key = s->key;
    check(key->statement == s);
    HASH_DELETE(hh, map->by_key, key);
    HASH_DELETE(hh_number, map->by_number, key);
    unchain(map, s);
    sql_plan_unref(&key->plan);
    free(key);
    free(s);
}

void link_statements_clear(struct link_statements *map)
{
    while (map->oldest != NULL) {
        link_statements_remove(map, map->oldest);
    }
}

size_t link_statements_count(const struct link_statements *map)
{
    return HASH_COUNT(map->by_key);
}

size_t link_statement_name(uint64_t number, char out_name[LINK_STATEMENT_NAME])
{
    int len = snprintf(out_name, LINK_STATEMENT_NAME, SQL_RESERVED_PREFIX "%" PRIu64, number);
    check(len > 0 && (size_t)len < LINK_STATEMENT_NAME);
    return (size_t)len;
}
