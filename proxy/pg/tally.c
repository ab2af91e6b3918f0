/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table by kind and name. An item that counts nobody is gone, so that names of the past
 * take no memory. */
#include "proxy/pg/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/siphash.h"
#include "proxy/pg/hash.h"

struct tally_item {
    uint32_t count;
    UT_hash_handle hh;
    char key[]; /* a letter for the kind, then the name */
};

struct tally {
    pthread_mutex_t lock;
    struct tally_item *items; /* owns; under lock */
    struct siphash_key key;
};

struct tally *tally_new(void)
{
    struct tally *tally = mem_new(sizeof *tally);
    check(pthread_mutex_init(&tally->lock, NULL) == 0);
    check(RAND_bytes((unsigned char *)&tally->key, sizeof tally->key) == 1);
    return tally;
}

void tally_free(struct tally **tally)
{
    check((*tally)->items == NULL);
    check(pthread_mutex_destroy(&(*tally)->lock) == 0);
    free(*tally);
    *tally = NULL;
}

static void let_go(struct tally *tally, struct tally_item *item)
{
    check(item->count > 0);
    if (--item->count == 0) {
        HASH_DELETE(hh, tally->items, item);
        free(item);
    }
}

static struct tally_item *take(struct tally *tally, enum tally_kind kind, const char *name)
{
    size_t name_len = strlen(name);
    struct tally_item *fresh = mem_new(sizeof *fresh + name_len + 2);
    fresh->key[0] = (char)('a' + kind);
    memcpy(fresh->key + 1, name, name_len + 1);
    unsigned hash = (unsigned)siphash_1_3(&tally->key, slice_of(fresh->key, name_len + 1));
    struct tally_item *found = NULL;
    HASH_FIND_BYHASHVALUE(hh, tally->items, fresh->key, name_len + 1, hash, found);
    if (found != NULL) {
        free(fresh);
    } else {
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, tally->items, fresh->key, name_len + 1, hash, fresh);
        found = fresh;
    }
    found->count++;
    return found;
}

static void leave(struct tally *tally, struct tally_item *items[TALLY_KINDS])
{
    for (int kind = 0; kind < TALLY_KINDS; kind++) {
        if (items[kind] != NULL) {
            let_go(tally, items[kind]);
            items[kind] = NULL;
        }
    }
}

enum tally_kind tally_enter(struct tally *tally, const struct tally_wish wishes[TALLY_KINDS],
                            struct tally_item *items[TALLY_KINDS])
{
    int full = 0;
    check(pthread_mutex_lock(&tally->lock) == 0);
    for (; full < TALLY_KINDS; full++) {
        items[full] = take(tally, (enum tally_kind)full, wishes[full].name);
        if (wishes[full].most != 0 && items[full]->count > wishes[full].most) {
            leave(tally, items);
            break;
        }
    }
    check(pthread_mutex_unlock(&tally->lock) == 0);
    return (enum tally_kind)full;
}

const char *tally_name(const struct tally_item *item)
{
    return item == NULL ? NULL : item->key + 1;
}

void tally_leave(struct tally *tally, struct tally_item *items[TALLY_KINDS])
{
    check(pthread_mutex_lock(&tally->lock) == 0);
    leave(tally, items);
    check(pthread_mutex_unlock(&tally->lock) == 0);
}
