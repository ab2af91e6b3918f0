/* SPDX-License-Identifier: Apache-2.0
 *
 * A few entries, the oldest replaced first: one per server of an upstream with a salt of its own.
 * An entry answers only for the same password, salt and iterations, so a password that was changed
 * is derived again; of the password it holds a hash. A server that makes up a new salt each time
 * costs a derivation each time, as without this. One worker's thread; owns all it holds. */
#include "proxy/pg/link_keys.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/mem.h"

#define ENTRIES  ((size_t)4)
#define SALT_MAX ((size_t)64) /* bytes; servers use 16; keys of longer ones are not kept */

struct entry {
    uint32_t iterations; /* 0: unused */
    size_t salt_len;
    uint8_t salt[SALT_MAX];
    uint8_t password_hash[SCRAM_KEY_LEN];
    struct scram_keys keys;
};

struct link_keys {
    struct entry entries[ENTRIES];
    size_t next; /* the oldest */
    unsigned derived;
};

struct link_keys *link_keys_new(void)
{
    return mem_new(sizeof(struct link_keys));
}

void link_keys_free(struct link_keys **keys)
{
    if (*keys == NULL) {
        return;
    }
    scram_cleanse(*keys, sizeof **keys);
    free(*keys);
    *keys = NULL;
}

static bool is_for(const struct entry *entry, const uint8_t password_hash[SCRAM_KEY_LEN],
                   const struct scram_challenge *challenge)
{
    return entry->iterations == challenge->iterations &&
           slice_equal(slice_of(entry->salt, entry->salt_len),
                       slice_of(challenge->salt, challenge->salt_len)) &&
           scram_equal(entry->password_hash, password_hash);
}

static void derive(struct slice password, const struct scram_challenge *challenge,
                   struct scram_keys *out)
{
    scram_keys_derive(password, slice_of(challenge->salt, challenge->salt_len),
                      challenge->iterations, out);
}

static void keep(struct link_keys *keys, const uint8_t password_hash[SCRAM_KEY_LEN],
                 const struct scram_challenge *challenge, const struct scram_keys *derived)
{
    struct entry *entry = &keys->entries[keys->next];
    keys->next = (keys->next + 1) % ENTRIES;
    scram_cleanse(entry, sizeof *entry);
    entry->iterations = challenge->iterations;
    entry->salt_len = challenge->salt_len;
    memcpy(entry->salt, challenge->salt, challenge->salt_len);
    memcpy(entry->password_hash, password_hash, SCRAM_KEY_LEN);
    entry->keys = *derived;
}

void link_keys_get(struct link_keys *keys, struct slice password,
                   const struct scram_challenge *challenge, struct scram_keys *out)
{
    uint8_t password_hash[SCRAM_KEY_LEN];
    if (keys == NULL || challenge->salt_len > SALT_MAX) {
        derive(password, challenge, out);
        return;
    }
    scram_hash(password, password_hash);
    const struct entry *found = NULL;
    for (size_t i = 0; i < ENTRIES && found == NULL; i++) {
        found = is_for(&keys->entries[i], password_hash, challenge) ? &keys->entries[i] : NULL;
    }
    if (found != NULL) {
        *out = found->keys;
    } else {
        derive(password, challenge, out);
        keys->derived++;
        keep(keys, password_hash, challenge, out);
    }
    scram_cleanse(password_hash, sizeof password_hash);
}

unsigned link_keys_derived(const struct link_keys *keys)
{
    return keys->derived;
}
