/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table over a list in order of age. The end of each entry is looked at when it is found:
 * there is nothing to sweep, since there are never many. Verifiers are overwritten before their
 * memory is released. */
#include "proxy/pg/auth_cache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mem.h"
#include "protocol/pg/scram_keys.h"
#include "proxy/pg/hash.h"

struct auth_cache_entry {
    UT_hash_handle hh;
    TAILQ_ENTRY(auth_cache_entry) entry;
    int64_t until_us;
    bool is_user;
    struct scram_verifier verifier; /* of a user */
    size_t name_len;
    char name[];
};

static unsigned hash_of(const struct auth_cache *cache, struct slice user)
{
    return (unsigned)siphash_1_3(&cache->key, user);
}

static struct auth_cache_entry *find(const struct auth_cache *cache, struct slice user)
{
    struct auth_cache_entry *found = NULL;
    if (cache->by_name != NULL) {
        HASH_FIND_BYHASHVALUE(hh, cache->by_name, user.ptr, user.len, hash_of(cache, user), found);
    }
    return found;
}

static void drop(struct auth_cache *cache, struct auth_cache_entry *entry)
{
    HASH_DELETE(hh, cache->by_name, entry);
    TAILQ_REMOVE(&cache->oldest, entry, entry);
    scram_cleanse(&entry->verifier, sizeof entry->verifier);
    free(entry);
}

void auth_cache_init(struct auth_cache *cache, const struct siphash_key *key)
{
    *cache = (struct auth_cache){.key = *key};
    TAILQ_INIT(&cache->oldest);
}

void auth_cache_fini(struct auth_cache *cache)
{
    while (cache->by_name != NULL) {
        drop(cache, cache->by_name);
    }
}

enum auth_cached auth_cache_find(struct auth_cache *cache, struct slice user, int64_t now_us,
                                 struct scram_verifier *out)
{
    struct auth_cache_entry *found = find(cache, user);
    if (found == NULL) {
        return AUTH_CACHED_NOTHING;
    }
    if (found->until_us <= now_us) {
        drop(cache, found);
        return AUTH_CACHED_NOTHING;
    }
    if (!found->is_user) {
        return AUTH_CACHED_NOBODY;
    }
    *out = found->verifier;
    return AUTH_CACHED_USER;
}

void auth_cache_put(struct auth_cache *cache, struct slice user,
                    const struct scram_verifier *verifier, int64_t until_us)
{
    struct auth_cache_entry *entry = find(cache, user);
    if (entry != NULL) {
        drop(cache, entry);
    }
    if (HASH_COUNT(cache->by_name) == AUTH_CACHE_MAX) {
        drop(cache, TAILQ_FIRST(&cache->oldest));
    }
    entry = mem_new(sizeof *entry + user.len);
    entry->until_us = until_us;
    entry->is_user = verifier != NULL;
    if (verifier != NULL) {
        entry->verifier = *verifier;
    }
    entry->name_len = user.len;
    memcpy(entry->name, user.ptr, user.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, cache->by_name, entry->name, entry->name_len,
                                hash_of(cache, user), entry);
    TAILQ_INSERT_TAIL(&cache->oldest, entry, entry);
}
