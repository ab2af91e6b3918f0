/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings a client wants its session to have, and the SQL that brings a link from one such
 * set to another. Sets are immutable and unique: two with the same content are the same object,
 * so "does this link fit this session" is one comparison. One worker's thread only. */
#ifndef PROXY_PG_SETTINGS_H
#define PROXY_PG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/siphash.h"
#include "protocol/writer.h"

#define SETTINGS_MAX      ((size_t)32)  /* of one session; drivers send fewer than ten */
#define SETTING_NAME_MAX  ((size_t)64)  /* bytes; longer than any the server has */
#define SETTING_VALUE_MAX ((size_t)256) /* bytes */
/* Room for every change settings_write_change can write. */
#define SETTINGS_CHANGE_MAX (2 * SETTINGS_MAX * (SETTING_NAME_MAX + 2 * SETTING_VALUE_MAX + 48))

/* What the client asks for, sorted by name. Zeroed: the server's defaults. */
struct settings_wish {
    /* private */
    struct setting_entry *first; /* owns */
    size_t num_entries;
};

enum setting_status {
    SETTING_TAKEN,   /* or it is one of the proxy's own, with the value it has anyway */
    SETTING_REFUSED, /* 42501: not for clients, or unknown */
    SETTING_WRONG,   /* 22023: a value that cannot be, or too many of them */
};

/* Takes one setting of the startup packet, whose name may be in any case. A later one wins. any:
 * without isolation, the server decides which there are. */
MUST_USE enum setting_status settings_wish_add(struct settings_wish *wish, bool any,
                                               struct slice name, struct slice value);
/* Adds one of the proxy's own: the tenant, for policies. Its name has a dot, which no name of a
 * client's has under isolation. There is always room for one. */
void settings_wish_add_own(struct settings_wish *wish, const char *name, const char *value);
void settings_wish_fini(struct settings_wish *wish);

struct settings;

/* The sets of a worker. A zeroed one, with a key, is empty. */
struct settings_table {
    struct settings *sets; /* private */
    struct siphash_key key;
};

/* The one set with that content, with one more reference that the caller owns. */
struct settings *settings_intern(struct settings_table *table, const struct settings_wish *wish);
/* The set that from becomes by one SET, or by one RESET when value is NULL; the caller owns the
 * reference. NULL: it cannot be kept in a set. */
struct settings *settings_with(struct settings_table *table, const struct settings *from,
                               const char *name, const char *value);

struct settings *settings_ref(struct settings *s);
void settings_unref(struct settings_table *table, struct settings **s);

/* The client's value of the setting the server reports under that name; NULL: the server's own. */
const char *settings_value(const struct settings *s, struct slice name);

/* Equal for sets under which the text of a statement means the same. */
uint64_t settings_meaning(const struct settings *s);

/* Writes SET and RESET statements that make a link with `from` one with `to`. */
void settings_write_change(const struct settings *from, const struct settings *to,
                           struct writer *w);

#endif
