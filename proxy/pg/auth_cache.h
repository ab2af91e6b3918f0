/* SPDX-License-Identifier: Apache-2.0
 *
 * What a database said about users, for a short while: a verifier, or that there is none for them.
 * At most AUTH_CACHE_MAX of them: clients choose the names. One worker's thread only. */
#ifndef PROXY_PG_AUTH_CACHE_H
#define PROXY_PG_AUTH_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "protocol/bytes.h"
#include "protocol/pg/scram_verifier.h"
#include "protocol/siphash.h"

#define AUTH_CACHE_MAX ((size_t)1024) /* of some 500 bytes each */

struct auth_cache_entry;
TAILQ_HEAD(auth_cache_list, auth_cache_entry);

struct auth_cache {
    /* private */
    struct auth_cache_entry *by_name; /* owns; uthash */
    struct auth_cache_list oldest;    /* the same, in the order they were put in */
    struct siphash_key key;
};

enum auth_cached {
    AUTH_CACHED_NOTHING, /* nothing is known, or no longer */
    AUTH_CACHED_NOBODY,  /* nobody of that name may log in with a password */
    AUTH_CACHED_USER,    /* *out is the verifier */
};

void auth_cache_init(struct auth_cache *cache, const struct siphash_key *key);

/* Overwrites and releases all of it. */
void auth_cache_fini(struct auth_cache *cache);

/* What is known of that user at now_us; *out is filled in for a USER, and the caller cleanses it.
 */
enum auth_cached auth_cache_find(struct auth_cache *cache, struct slice user, int64_t now_us,
                                 struct scram_verifier *out);

/* Keeps what is now known of the user, up to until_us; verifier is NULL for nobody. The oldest goes
 * when there are too many. */
void auth_cache_put(struct auth_cache *cache, struct slice user,
                    const struct scram_verifier *verifier, int64_t until_us);

#endif
