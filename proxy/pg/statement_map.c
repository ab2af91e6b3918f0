/* SPDX-License-Identifier: Apache-2.0
 *
 * The names a client gave to its prepared statements. A slot owns its name and one reference to
 * its statement; the statement knows its slot, so that undoing a Parse needs no name. Names are
 * hashed with the worker's secret key. Count and bytes of one session are capped here; the texts
 * themselves are the plan cache's, which has a budget of its own. */
#include "proxy/pg/statement_map.h"

#include <stdlib.h>
#include <string.h>

#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/pg/hash.h"

struct statement_slot {
    struct statement *statement; /* shares */
    struct statement_slot *next; /* owns; while detached: of a chain */
    size_t bytes;
    size_t name_len;
    UT_hash_handle hh;
    char name[];
};

static uint8_t *copy_of(struct slice bytes)
{
    uint8_t *copy = bytes.len == 0 ? NULL : mem_new(bytes.len);
    if (copy != NULL) {
        memcpy(copy, bytes.ptr, bytes.len);
    }
    return copy;
}

struct statement *statement_new(const struct statement_spec *spec)
{
    struct statement *s = mem_new(sizeof *s);
    s->plan = sql_plan_ref(spec->plan);
    s->settings_tag = spec->settings_tag;
    s->epoch = spec->epoch;
    s->types = copy_of(spec->types);
    s->types_len = spec->types.len;
    s->text = copy_of(spec->text);
    s->text_len = spec->text.len;
    s->refs = 1;
    return s;
}

struct statement *statement_ref(struct statement *s)
{
    check(s->refs > 0 && s->refs < UINT32_MAX);
    s->refs++;
    return s;
}

void statement_unref(struct statement **s)
{
    struct statement *statement = *s;
    *s = NULL;
    if (statement == NULL) {
        return;
    }
    check(statement->refs > 0);
    if (--statement->refs > 0) {
        return;
    }
    check(statement->slot == NULL);
    sql_plan_unref(&statement->plan);
    free(statement->types);
    free(statement->text);
    free(statement);
}

static unsigned hash_of(const struct siphash_key *key, struct slice name)
{
    return (unsigned)siphash_1_3(key, name);
}

static struct statement_slot *find_slot(const struct statement_map *map,
                                        const struct siphash_key *key, struct slice name)
{
    struct statement_slot *slot = NULL;
    if (map->slots != NULL) {
        HASH_FIND_BYHASHVALUE(hh, map->slots, name.ptr, name.len, hash_of(key, name), slot);
    }
    return slot;
}

static size_t bytes_of(struct slice name, const struct statement *s)
{
    return sizeof(struct statement_slot) + sizeof *s + name.len + s->types_len + s->text_len;
}

static bool has_left(size_t max, size_t used, size_t bytes)
{
    return used <= max && bytes <= max - used;
}

static bool fits(const struct statement_map *map, struct slice name, const struct statement *s)
{
    const struct statement_account *account = map->account;
    size_t bytes = bytes_of(name, s);
    return name.len <= STATEMENT_NAME_MAX && HASH_COUNT(map->slots) < STATEMENTS_PER_SESSION &&
           has_left(account->session_max, map->bytes, bytes) &&
           has_left(account->worker_max, account->bytes, bytes);
}

static void attach(struct statement_map *map, const struct siphash_key *key,
                   struct statement_slot *slot)
{
    slot->statement->slot = slot;
    map->bytes += slot->bytes;
    map->account->bytes += slot->bytes;
    map->account->count++;
    unsigned hash = hash_of(key, slice_of(slot->name, slot->name_len));
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, map->slots, slot->name, slot->name_len, hash, slot);
}

static void detach(struct statement_map *map, struct statement_slot *slot)
{
    HASH_DELETE(hh, map->slots, slot);
    map->bytes -= slot->bytes;
    map->account->bytes -= slot->bytes;
    map->account->count--;
    slot->statement->slot = NULL;
}

enum statement_status statement_map_add(struct statement_map *map, const struct siphash_key *key,
                                        struct slice name, struct statement *s)
{
    check(name.len > 0 && s->slot == NULL);
    if (find_slot(map, key, name) != NULL) {
        return STATEMENT_EXISTS;
    }
    if (!fits(map, name, s)) {
        return STATEMENT_TOO_MANY;
    }
    struct statement_slot *slot = mem_new(sizeof *slot + name.len + 1);
    memcpy(slot->name, name.ptr, name.len);
    slot->name_len = name.len;
    slot->bytes = bytes_of(name, s);
    slot->statement = statement_ref(s);
    attach(map, key, slot);
    return STATEMENT_OK;
}

struct statement *statement_map_find(const struct statement_map *map, const struct siphash_key *key,
                                     struct slice name)
{
    struct statement_slot *slot = find_slot(map, key, name);
    return slot == NULL ? NULL : slot->statement;
}

void statement_slot_free(struct statement_slot **slot)
{
    while (*slot != NULL) {
        struct statement_slot *next = (*slot)->next;
        statement_unref(&(*slot)->statement);
        free(*slot);
        *slot = next;
    }
}

struct statement_slot *statement_map_take(struct statement_map *map, const struct siphash_key *key,
                                          struct slice name)
{
    struct statement_slot *slot = find_slot(map, key, name);
    if (slot != NULL) {
        detach(map, slot);
    }
    return slot;
}

struct statement_slot *statement_map_take_all(struct statement_map *map)
{
    struct statement_slot *chain = NULL;
    while (map->slots != NULL) {
        struct statement_slot *slot = map->slots;
        detach(map, slot);
        slot->next = chain;
        chain = slot;
    }
    check(map->bytes == 0);
    return chain;
}

static void put_one_back(struct statement_map *map, const struct siphash_key *key,
                         struct statement_slot *slot)
{
    struct slice name = slice_of(slot->name, slot->name_len);
    if (find_slot(map, key, name) != NULL || !fits(map, name, slot->statement)) {
        statement_slot_free(&slot);
        return;
    }
    attach(map, key, slot);
}

void statement_map_put_back(struct statement_map *map, const struct siphash_key *key,
                            struct statement_slot **slot)
{
    while (*slot != NULL) {
        struct statement_slot *one = *slot;
        *slot = one->next;
        one->next = NULL;
        put_one_back(map, key, one);
    }
}

void statement_map_remove(struct statement_map *map, struct statement *s)
{
    struct statement_slot *slot = s->slot;
    if (slot != NULL) {
        detach(map, slot);
        statement_slot_free(&slot);
    }
}

void statement_map_replace(struct statement_map *map, struct statement *old, struct statement *s)
{
    struct statement_slot *slot = old->slot;
    if (slot == NULL) {
        return;
    }
    size_t bytes = bytes_of(slice_of(slot->name, slot->name_len), s);
    map->bytes = map->bytes - slot->bytes + bytes;
    map->account->bytes = map->account->bytes - slot->bytes + bytes;
    slot->bytes = bytes;
    slot->statement = statement_ref(s);
    s->slot = slot;
    old->slot = NULL;
    statement_unref(&old);
}

void statement_map_clear(struct statement_map *map)
{
    struct statement_slot *all = statement_map_take_all(map);
    statement_slot_free(&all);
}
