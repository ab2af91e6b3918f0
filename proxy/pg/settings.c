/* SPDX-License-Identifier: Apache-2.0
 *
 * Start-up settings. Which names a client may give is the policy's decision (sql_setting_check_set)
 * and the same as for SET. Values are printable ASCII, so that what is written into a SET
 * statement holds nothing but characters that mean themselves inside quotes (under
 * standard_conforming_strings=on, which every link is pinned to); quotes are doubled.
 *
 * A set is one block: its entries, sorted by name, are what makes two sets equal. The table holds
 * no reference of its own. */
#include "proxy/pg/settings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/sql/settings.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/pg/hash.h"

/* Zeroed before it is filled, so that equal entries are equal bytes. */
struct setting_entry {
    char name[SETTING_NAME_MAX];
    char value[SETTING_VALUE_MAX];
};

struct settings {
    uint32_t refs;
    uint32_t num_entries;
    uint64_t meaning;
    UT_hash_handle hh;
    struct setting_entry entries[];
};

/* Of one transaction: the server takes them at start-up, where they mean nothing. */
static const char *const of_transaction[] = {
    "transaction_isolation",
    "transaction_read_only",
    "transaction_deferrable",
};

/* Settings that never change how the text of a statement is understood. */
static const char *const plain[] = {
    "application_name", "bytea_output",      "client_min_messages", "extra_float_digits",
    "lock_timeout",     "statement_timeout", "xmlbinary",
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static bool is_one_of(const char *name, const char *const *names, size_t num_names)
{
    for (size_t i = 0; i < num_names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* asyncpg quotes the encoding; the server does not mind, so neither do we. */
static struct slice unquoted(struct slice value)
{
    if (value.len >= 2 && value.ptr[0] == '\'' && value.ptr[value.len - 1] == '\'') {
        return slice_of(value.ptr + 1, value.len - 2);
    }
    return value;
}

static void copy_lowered(char *to, struct slice from)
{
    for (size_t i = 0; i < from.len; i++) {
        char c = (char)from.ptr[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
}

static bool is_printable(char c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* Copies the value. In an application_name the server, too, replaces what is not printable. */
static bool copy_value(struct setting_entry *entry, struct slice value)
{
    bool is_free_text = strcmp(entry->name, "application_name") == 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = (char)value.ptr[i];
        if (!is_printable(c) && !is_free_text) {
            return false;
        }
        entry->value[i] = is_printable(c) ? c : '?';
    }
    return true;
}

/* Puts entry where its name belongs, in the place of one that has it. */
static bool insert(struct settings_wish *wish, const struct setting_entry *entry, size_t max)
{
    size_t at = 0;
    while (at < wish->num_entries && strcmp(wish->first[at].name, entry->name) < 0) {
        at++;
    }
    if (at < wish->num_entries && strcmp(wish->first[at].name, entry->name) == 0) {
        wish->first[at] = *entry;
        return true;
    }
    if (wish->num_entries == max) {
        return false;
    }
    wish->first = mem_resize(wish->first, wish->num_entries + 1, sizeof *wish->first);
    memmove(&wish->first[at + 1], &wish->first[at], (wish->num_entries - at) * sizeof *wish->first);
    wish->first[at] = *entry;
    wish->num_entries++;
    return true;
}

/* What every link is pinned to anyway, and what stands in the startup packet of some drivers. */
static bool is_pin(const char *name)
{
    return strcmp(name, "client_encoding") == 0 || strcmp(name, "standard_conforming_strings") == 0;
}

static bool is_name(const char *name)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
    return name[0] != '\0' && strspn(name, bytes) == strlen(name);
}

static enum setting_status judge(const struct setting_entry *entry, bool any)
{
    enum sql_setting_verdict verdict = sql_setting_check_set(entry->name, entry->value);
    if (any && !is_pin(entry->name) && is_name(entry->name)) {
        return SETTING_TAKEN;
    }
    switch (verdict) {
    case SQL_SETTING_REFUSED:
        return SETTING_REFUSED;
    case SQL_SETTING_BAD_VALUE:
        return SETTING_WRONG;
    case SQL_SETTING_ALLOWED:
        break;
    }
    return SETTING_TAKEN;
}

enum setting_status settings_wish_add(struct settings_wish *wish, bool any, struct slice name,
                                      struct slice value)
{
    struct setting_entry entry = {.name = ""};
    if (name.len >= sizeof entry.name) {
        return SETTING_REFUSED;
    }
    copy_lowered(entry.name, name);
    struct slice plain_value = strcmp(entry.name, "client_encoding") == 0 ? unquoted(value) : value;
    if (plain_value.len >= sizeof entry.value) {
        return SETTING_WRONG;
    }
    if (!copy_value(&entry, plain_value)) {
        return SETTING_WRONG;
    }
    if (is_one_of(entry.name, of_transaction, COUNT_OF(of_transaction))) {
        return SETTING_REFUSED;
    }
    enum setting_status status = judge(&entry, any);
    if (status != SETTING_TAKEN) {
        return status;
    }
    return (is_pin(entry.name) && !any) || insert(wish, &entry, SETTINGS_MAX - 1) ? SETTING_TAKEN
                                                                                  : SETTING_WRONG;
}

void settings_wish_add_own(struct settings_wish *wish, const char *name, const char *value)
{
    struct setting_entry entry = {.name = ""};
    check(strlen(name) < sizeof entry.name && strlen(value) < sizeof entry.value);
    memcpy(entry.name, name, strlen(name));
    memcpy(entry.value, value, strlen(value));
    check(insert(wish, &entry, SETTINGS_MAX));
}

void settings_wish_fini(struct settings_wish *wish)
{
    free(wish->first);
    *wish = (struct settings_wish){.first = NULL};
}

/* A dotted one is read by functions and policies, never by the parser. */
static bool is_plain(const char *name)
{
    return strchr(name, '.') != NULL || is_one_of(name, plain, COUNT_OF(plain));
}

/* A hash of the entries that change what a statement means. */
static uint64_t meaning_of(const struct settings *s, const struct siphash_key *key)
{
    uint64_t meaning = 0;
    for (size_t i = 0; i < s->num_entries; i++) {
        const struct setting_entry *entry = &s->entries[i];
        if (!is_plain(entry->name)) {
            const uint64_t pair[2] = {meaning, siphash_2_4(key, slice_of(entry, sizeof *entry))};
            meaning = siphash_2_4(key, slice_of(pair, sizeof pair));
        }
    }
    return meaning;
}

static struct settings *new_set(struct settings_table *table, const struct settings_wish *wish)
{
    size_t len = wish->num_entries * sizeof *wish->first;
    struct settings *s = mem_new(sizeof *s + len);
    s->num_entries = (uint32_t)wish->num_entries;
    if (len > 0) {
        memcpy(s->entries, wish->first, len);
    }
    s->meaning = meaning_of(s, &table->key);
    return s;
}

struct settings *settings_intern(struct settings_table *table, const struct settings_wish *wish)
{
    struct settings *fresh = new_set(table, wish);
    size_t len = fresh->num_entries * sizeof *fresh->entries;
    unsigned hash = (unsigned)siphash_1_3(&table->key, slice_of(fresh->entries, len));
    struct settings *found = NULL;
    HASH_FIND_BYHASHVALUE(hh, table->sets, fresh->entries, len, hash, found);
    if (found != NULL) {
        free(fresh);
        return settings_ref(found);
    }
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->sets, fresh->entries, len, hash, fresh);
    fresh->refs = 1;
    return fresh;
}

static void remove_entry(struct settings_wish *wish, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < wish->num_entries; i++) {
        if (strcasecmp(wish->first[i].name, name) != 0) {
            wish->first[kept++] = wish->first[i];
        }
    }
    wish->num_entries = kept;
}

struct settings *settings_with(struct settings_table *table, const struct settings *from,
                               const char *name, const char *value)
{
    struct settings *to = NULL;
    struct settings_wish wish = {.num_entries = from->num_entries};
    wish.first = mem_new_array(from->num_entries + 1, sizeof *wish.first);
    memcpy(wish.first, from->entries, from->num_entries * sizeof *wish.first);
    remove_entry(&wish, name);
    if (value == NULL ||
        settings_wish_add(&wish, false, slice_text(name), slice_text(value)) == SETTING_TAKEN) {
        to = settings_intern(table, &wish);
    }
    settings_wish_fini(&wish);
    return to;
}

struct settings *settings_ref(struct settings *s)
{
    check(s->refs > 0 && s->refs < UINT32_MAX);
    s->refs++;
    return s;
}

void settings_unref(struct settings_table *table, struct settings **s)
{
    struct settings *set = *s;
    *s = NULL;
    if (set == NULL) {
        return;
    }
    check(set->refs > 0);
    if (--set->refs == 0) {
        HASH_DELETE(hh, table->sets, set);
        free(set);
    }
}

const char *settings_value(const struct settings *s, struct slice name)
{
    for (size_t i = 0; i < s->num_entries; i++) {
        const char *own = s->entries[i].name;
        if (strlen(own) == name.len && strncasecmp(own, (const char *)name.ptr, name.len) == 0) {
            return s->entries[i].value;
        }
    }
    return NULL;
}

uint64_t settings_meaning(const struct settings *s)
{
    return s->meaning;
}

static void write_reset(struct writer *w, const struct setting_entry *entry)
{
    writer_bytes(w, slice_text("RESET "));
    writer_bytes(w, slice_text(entry->name));
    writer_u8(w, ';');
}

static void write_text(struct writer *w, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            writer_u8(w, '\'');
        }
        writer_u8(w, (uint8_t)*c);
    }
}

/* SET would take the text for one name, set_config splits it (guc.c, GUC_LIST_QUOTE). */
static bool is_list(const char *name)
{
    static const char *const lists[] = {"search_path", "temp_tablespaces",
                                        "local_preload_libraries", "session_preload_libraries"};
    return is_one_of(name, lists, COUNT_OF(lists));
}

static void write_set(struct writer *w, const struct setting_entry *entry)
{
    bool calls = is_list(entry->name);
    writer_bytes(w, slice_text(calls ? "SELECT pg_catalog.set_config('" : "SET "));
    writer_bytes(w, slice_text(entry->name));
    writer_bytes(w, slice_text(calls ? "','" : " = '"));
    write_text(w, entry->value);
    writer_bytes(w, slice_text(calls ? "',false);" : "';"));
}

/* How the names at the two cursors compare; a set that is at its end comes last. */
static int compare_at(const struct settings *a, size_t i, const struct settings *b, size_t k)
{
    if (i == a->num_entries) {
        return 1;
    }
    return k == b->num_entries ? -1 : strcmp(a->entries[i].name, b->entries[k].name);
}

void settings_write_change(const struct settings *from, const struct settings *to, struct writer *w)
{
    size_t i = 0;
    size_t k = 0;
    while (i < from->num_entries || k < to->num_entries) {
        int order = compare_at(from, i, to, k);
        if (order < 0) {
            write_reset(w, &from->entries[i++]);
            continue;
        }
        if (order > 0 || strcmp(from->entries[i].value, to->entries[k].value) != 0) {
            write_set(w, &to->entries[k]);
        }
        i += order == 0;
        k++;
    }
}
