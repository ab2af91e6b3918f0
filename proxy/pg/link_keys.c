/* SPDX-License-Identifier: Apache-2.0
 *
 * A few entries, the oldest replaced first: one per server of an upstream with a salt of its own.
 * An entry answers only for the same password, salt and iterations, so a password that was changed
 * is derived again; of the password it holds a hash. A server that makes up a new salt each time
 * costs a derivation each time, as without this.
 *
 * A derivation is a chore that owns all it needs, and its waiters are told by it: it may outlive
 * the keys it was meant for, and any of those who wait. One worker's thread, but for work(). */
#include "proxy/pg/link_keys.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/password.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/chores.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"

#define ENTRIES  ((size_t)4)
#define SALT_MAX ((size_t)64) /* bytes; servers use 16; keys of longer ones are not kept */

struct entry {
    uint32_t iterations; /* 0: unused */
    size_t salt_len;
    uint8_t salt[SALT_MAX];
    uint8_t password_hash[SCRAM_KEY_LEN];
    struct scram_keys keys;
};

struct derivation {
    struct chore chore;
    struct link_keys *kept_by; /* borrows (until link_keys_free); NULL: they are gone */
    LIST_HEAD(, link_keys_wish) waiters;
    LIST_ENTRY(derivation) entry;
    uint8_t password_hash[SCRAM_KEY_LEN];
    struct scram_challenge challenge;
    char *password; /* owns */
    struct scram_keys keys;
};

struct link_keys {
    struct worker *worker; /* borrows */
    struct entry entries[ENTRIES];
    size_t next; /* the oldest */
    unsigned derived;
    LIST_HEAD(, derivation) under_way;
};

struct link_keys *link_keys_new(struct worker *worker)
{
    struct link_keys *keys = mem_new(sizeof *keys);
    keys->worker = worker;
    LIST_INIT(&keys->under_way);
    return keys;
}

static void forget(struct derivation *d)
{
    if (d->kept_by != NULL) {
        LIST_REMOVE(d, entry);
        d->kept_by = NULL;
    }
}

void link_keys_free(struct link_keys **keys)
{
    if (*keys == NULL) {
        return;
    }
    while (!LIST_EMPTY(&(*keys)->under_way)) {
        forget(LIST_FIRST(&(*keys)->under_way));
    }
    scram_cleanse(*keys, sizeof **keys);
    free(*keys);
    *keys = NULL;
}

static bool is_same_salt(const uint8_t *salt, size_t salt_len,
                         const struct scram_challenge *challenge)
{
    return slice_equal(slice_of(salt, salt_len), slice_of(challenge->salt, challenge->salt_len));
}

static const struct scram_keys *find_kept(const struct link_keys *keys,
                                          const uint8_t password_hash[SCRAM_KEY_LEN],
                                          const struct scram_challenge *challenge)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct entry *entry = &keys->entries[i];
        if (entry->iterations == challenge->iterations &&
            is_same_salt(entry->salt, entry->salt_len, challenge) &&
            scram_equal(entry->password_hash, password_hash)) {
            return &entry->keys;
        }
    }
    return NULL;
}

static struct derivation *find_under_way(const struct link_keys *keys,
                                         const uint8_t password_hash[SCRAM_KEY_LEN],
                                         const struct scram_challenge *challenge)
{
    struct derivation *d = NULL;
    LIST_FOREACH(d, &keys->under_way, entry)
    {
        if (d->challenge.iterations == challenge->iterations &&
            is_same_salt(d->challenge.salt, d->challenge.salt_len, challenge) &&
            scram_equal(d->password_hash, password_hash)) {
            break;
        }
    }
    return d;
}

static void keep(struct link_keys *keys, const struct derivation *d)
{
    if (d->challenge.salt_len > SALT_MAX) {
        return;
    }
    struct entry *entry = &keys->entries[keys->next];
    keys->next = (keys->next + 1) % ENTRIES;
    scram_cleanse(entry, sizeof *entry);
    entry->iterations = d->challenge.iterations;
    entry->salt_len = d->challenge.salt_len;
    memcpy(entry->salt, d->challenge.salt, d->challenge.salt_len);
    memcpy(entry->password_hash, d->password_hash, SCRAM_KEY_LEN);
    entry->keys = d->keys;
}

static void free_derivation(struct derivation *d)
{
    password_free(&d->password);
    scram_cleanse(d, sizeof *d);
    free(d);
}

static void work(struct chore *chore)
{
    struct derivation *d = owner_of(chore, struct derivation, chore);
    scram_keys_derive(slice_text(d->password), slice_of(d->challenge.salt, d->challenge.salt_len),
                      d->challenge.iterations, &d->keys);
}

/* What a waiter does may make any other give up, and may free the keys. */
static void done(struct chore *chore)
{
    struct derivation *d = owner_of(chore, struct derivation, chore);
    struct link_keys_wish *wish = NULL;
    if (chore->was_worked && d->kept_by != NULL) {
        keep(d->kept_by, d);
    }
    forget(d);
    while ((wish = LIST_FIRST(&d->waiters)) != NULL) {
        link_keys_give_up(wish);
        wish->ready(wish, chore->was_worked ? &d->keys : NULL);
    }
    free_derivation(d);
}

static struct derivation *begin(struct link_keys *keys, struct slice password,
                                const uint8_t password_hash[SCRAM_KEY_LEN],
                                const struct scram_challenge *challenge)
{
    struct derivation *d = mem_new(sizeof *d);
    d->chore.work = work;
    d->chore.done = done;
    d->challenge = *challenge;
    d->password = mem_copy_string((const char *)password.ptr, password.len);
    memcpy(d->password_hash, password_hash, SCRAM_KEY_LEN);
    LIST_INIT(&d->waiters);
    if (!chores_add(keys->worker->chores, &d->chore)) {
        free_derivation(d);
        return NULL;
    }
    d->kept_by = keys;
    LIST_INSERT_HEAD(&keys->under_way, d, entry);
    keys->derived++;
    return d;
}

enum link_keys_status link_keys_get(struct link_keys *keys, struct slice password,
                                    const struct scram_challenge *challenge,
                                    struct link_keys_wish *wish, struct scram_keys *out)
{
    uint8_t password_hash[SCRAM_KEY_LEN];
    check(keys != NULL && !wish->is_waiting && wish->ready != NULL);
    scram_hash(password, password_hash);
    const struct scram_keys *kept = find_kept(keys, password_hash, challenge);
    struct derivation *d = NULL;
    if (kept != NULL) {
        *out = *kept;
    } else {
        d = find_under_way(keys, password_hash, challenge);
        d = d != NULL ? d : begin(keys, password, password_hash, challenge);
    }
    scram_cleanse(password_hash, sizeof password_hash);
    if (d != NULL) {
        wish->is_waiting = true;
        LIST_INSERT_HEAD(&d->waiters, wish, entry);
        return LINK_KEYS_LATER;
    }
    return kept != NULL ? LINK_KEYS_NOW : LINK_KEYS_BUSY;
}

void link_keys_give_up(struct link_keys_wish *wish)
{
    if (wish->is_waiting) {
        LIST_REMOVE(wish, entry);
        wish->is_waiting = false;
    }
}

unsigned link_keys_derived(const struct link_keys *keys)
{
    return keys->derived;
}
