/* SPDX-License-Identifier: Apache-2.0
 *
 * A chained hash table over entries that are also in a list, most recently used first.
 *
 *   buckets[hash & mask] -> entry -> entry -> NULL        list: newest <-> ... <-> oldest
 *
 * A key is one run of bytes: epoch, environment, protocol, number of parameter types, the types,
 * the text. The hash (keyed SipHash) only finds candidates; equality is decided on all the bytes,
 * so no collision can hand one statement another's plan. No fingerprint, no normalisation.
 *
 * Invariant: bytes is the sum of all entries' sizes and at most max_bytes; every entry is in one
 * chain and in the list. The cache owns one reference to each plan. It refuses to hold an entry
 * larger than a named fraction of the bound: one bulk INSERT must not push out everything else. */
#include "policy/sql/plan_cache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/writer.h"

#define FIRST_BUCKETS      ((size_t)64) /* a power of two; doubled when entries outnumber buckets */
#define ENTRY_MAX_FRACTION ((size_t)8)  /* an entry larger than max_bytes / 8 is not kept */
#define KEY_HEAD_BYTES     ((size_t)8 + 8 + 4 + 4)
#define SCRATCH_BYTES      ((size_t)4096) /* longer keys are built in memory of their own */

struct entry {
    struct entry *chain; /* next in the bucket */
    struct entry *newer;
    struct entry *older;
    struct sql_plan *plan; /* shares */
    uint64_t hash;
    uint64_t epoch;
    size_t size; /* what it counts for */
    size_t key_len;
    uint8_t key[];
};

struct sql_plan_cache {
    struct siphash_key hash_key;
    struct entry **buckets; /* owns */
    size_t num_buckets;
    struct entry *newest;
    struct entry *oldest;
    size_t max_bytes;
    struct sql_plan_cache_stats stats;
    uint8_t scratch[SCRATCH_BYTES]; /* where a key is built: no malloc on a hit */
};

static void put_u64(struct writer *w, uint64_t value)
{
    writer_u32(w, (uint32_t)(value >> 32));
    writer_u32(w, (uint32_t)value);
}

static size_t key_len(const struct sql_request *request)
{
    check(request->num_param_types <= UINT16_MAX);
    return KEY_HEAD_BYTES + request->num_param_types * 4 + request->text.len;
}

/* Writes the key into memory of exactly its length. */
static struct slice write_key(const struct sql_plan_scope *scope, const struct sql_request *request,
                              uint8_t *memory, size_t len)
{
    struct writer w = writer_over(memory, len);
    put_u64(&w, scope->epoch);
    put_u64(&w, scope->environment);
    writer_u32(&w, (uint32_t)request->protocol);
    writer_u32(&w, (uint32_t)request->num_param_types);
    for (size_t i = 0; i < request->num_param_types; i++) {
        writer_u32(&w, request->param_types[i]);
    }
    writer_bytes(&w, request->text);
    struct slice key;
    check(writer_done(&w, &key) && key.len == len);
    return key;
}

static struct entry **bucket_of(const struct sql_plan_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & (cache->num_buckets - 1)];
}

static struct entry *find(const struct sql_plan_cache *cache, uint64_t hash, struct slice key)
{
    struct entry *entry = *bucket_of(cache, hash);
    while (entry != NULL &&
           (entry->hash != hash || !slice_equal(slice_of(entry->key, entry->key_len), key))) {
        entry = entry->chain;
    }
    return entry;
}

static void list_add_newest(struct sql_plan_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    if (cache->newest != NULL) {
        cache->newest->newer = entry;
    } else {
        cache->oldest = entry;
    }
    cache->newest = entry;
}

static void list_remove(struct sql_plan_cache *cache, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void chain_remove(struct sql_plan_cache *cache, struct entry *entry)
{
    struct entry **link = bucket_of(cache, entry->hash);
    while (*link != entry) {
        check(*link != NULL);
        link = &(*link)->chain;
    }
    *link = entry->chain;
}

static void drop(struct sql_plan_cache *cache, struct entry *entry)
{
    chain_remove(cache, entry);
    list_remove(cache, entry);
    check(cache->stats.bytes >= entry->size && cache->stats.num_plans > 0);
    cache->stats.bytes -= entry->size;
    cache->stats.num_plans--;
    sql_plan_unref(&entry->plan);
    free(entry);
}

static void double_buckets(struct sql_plan_cache *cache)
{
    size_t num_buckets = cache->num_buckets * 2;
    struct entry **buckets = mem_new_array(num_buckets, sizeof(struct entry *));
    free(cache->buckets);
    cache->buckets = buckets;
    cache->num_buckets = num_buckets;
    for (struct entry *entry = cache->newest; entry != NULL; entry = entry->older) {
        struct entry **bucket = bucket_of(cache, entry->hash);
        entry->chain = *bucket;
        *bucket = entry;
    }
}

static size_t entry_max(const struct sql_plan_cache *cache)
{
    return cache->max_bytes / ENTRY_MAX_FRACTION;
}

static void keep(struct sql_plan_cache *cache, uint64_t epoch, uint64_t hash, struct slice key,
                 struct sql_plan *plan)
{
    size_t size = sizeof(struct entry) + key.len + sql_plan_memory(plan);
    if (size > entry_max(cache)) {
        return;
    }
    while (cache->stats.bytes + size > cache->max_bytes) {
        drop(cache, cache->oldest);
        cache->stats.evictions++;
    }
    struct entry *entry = mem_new(sizeof(struct entry) + key.len);
    memcpy(entry->key, key.ptr, key.len);
    entry->key_len = key.len;
    entry->hash = hash;
    entry->epoch = epoch;
    entry->size = size;
    entry->plan = sql_plan_ref(plan);
    struct entry **bucket = bucket_of(cache, hash);
    entry->chain = *bucket;
    *bucket = entry;
    list_add_newest(cache, entry);
    cache->stats.bytes += size;
    cache->stats.num_plans++;
    if (cache->stats.num_plans > cache->num_buckets) {
        double_buckets(cache);
    }
}

/* A hit: the entry becomes the newest, the caller gets a reference to its plan. */
static struct sql_plan *use(struct sql_plan_cache *cache, struct entry *entry)
{
    cache->stats.hits++;
    list_remove(cache, entry);
    list_add_newest(cache, entry);
    return sql_plan_ref(entry->plan);
}

struct sql_plan_cache *sql_plan_cache_new(size_t max_bytes, const struct siphash_key *hash_key)
{
    struct sql_plan_cache *cache = mem_new(sizeof *cache);
    cache->hash_key = *hash_key;
    cache->max_bytes = max_bytes;
    cache->num_buckets = FIRST_BUCKETS;
    cache->buckets = mem_new_array(FIRST_BUCKETS, sizeof(struct entry *));
    return cache;
}

void sql_plan_cache_free(struct sql_plan_cache **cache)
{
    if (*cache == NULL) {
        return;
    }
    while ((*cache)->newest != NULL) {
        drop(*cache, (*cache)->newest);
    }
    free((*cache)->buckets);
    free(*cache);
    *cache = NULL;
}

struct sql_plan *sql_plan_cache_get(struct sql_plan_cache *cache,
                                    const struct sql_plan_scope *scope,
                                    const struct sql_environment *env,
                                    const struct sql_request *request)
{
    size_t len = key_len(request);
    if (len > entry_max(cache)) {
        cache->stats.misses++;
        return sql_plan_new(env, request);
    }
    uint8_t *memory = len <= SCRATCH_BYTES ? cache->scratch : mem_new(len);
    struct slice key = write_key(scope, request, memory, len);
    uint64_t hash = siphash_1_3(&cache->hash_key, key);
    struct entry *entry = find(cache, hash, key);
    struct sql_plan *plan;
    if (entry != NULL) {
        plan = use(cache, entry);
    } else {
        cache->stats.misses++;
        plan = sql_plan_new(env, request);
        keep(cache, scope->epoch, hash, key, plan);
    }
    if (memory != cache->scratch) {
        free(memory);
    }
    return plan;
}

void sql_plan_cache_keep_epoch(struct sql_plan_cache *cache, uint64_t epoch)
{
    struct entry *entry = cache->newest;
    while (entry != NULL) {
        struct entry *older = entry->older;
        if (entry->epoch != epoch) {
            drop(cache, entry);
        }
        entry = older;
    }
}

struct sql_plan_cache_stats sql_plan_cache_stats(const struct sql_plan_cache *cache)
{
    return cache->stats;
}
