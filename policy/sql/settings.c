/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks a setting's name up in settings.def and applies its rule to the value. Not found is
 * refused. The names PostgreSQL still takes for renamed settings (sort_mem) are not found either.
 * Allocates nothing and keeps nothing. */
#include "policy/sql/settings.h"

#include <stddef.h>
#include <string.h>

#include "protocol/check.h"

enum rule {
    RULE_ANY,
    RULE_UTF8,
    RULE_ON,
    RULE_LEVEL,
    RULE_READ,
};

struct entry {
    const char *name;
    enum rule rule;
};

static const struct entry entries[] = {
#define SETTING(name, rule) {name, RULE_##rule},
#include "policy/sql/settings.def"
#undef SETTING
};

static const char *const utf8_names[] = {"utf8", "utf-8", "utf_8", "unicode"};
static const char *const on_names[] = {"on", "true", "yes", "1"};
static const char *const level_names[] = {"notice", "warning", "error"};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Both in any case, ASCII letters only: guc_name_compare in the server. */
static bool same_word(const char *a, const char *b)
{
    while (*a != '\0' && ascii_lower(*a) == ascii_lower(*b)) {
        a++;
        b++;
    }
    return ascii_lower(*a) == ascii_lower(*b);
}

static bool is_one_of(const char *word, const char *const *words, size_t num_words)
{
    for (size_t i = 0; i < num_words; i++) {
        if (same_word(word, words[i])) {
            return true;
        }
    }
    return false;
}

static const struct entry *find(const char *name)
{
    check(name != NULL);
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        if (same_word(name, entries[i].name)) {
            return &entries[i];
        }
    }
    return NULL;
}

/* A rule that names its values: NULL (DEFAULT, RESET, a list) would be the server's default, which
 * an operator can have set to anything, so it is not one of them. */
static enum sql_setting_verdict check_value(const char *value, const char *const *allowed,
                                            size_t num_allowed)
{
    bool fits = value != NULL && is_one_of(value, allowed, num_allowed);
    return fits ? SQL_SETTING_ALLOWED : SQL_SETTING_BAD_VALUE;
}

enum sql_setting_verdict sql_setting_check_set(const char *name, const char *value)
{
    const struct entry *entry = find(name);
    if (entry == NULL) {
        return SQL_SETTING_REFUSED;
    }
    switch (entry->rule) {
    case RULE_ANY:
        return SQL_SETTING_ALLOWED;
    case RULE_UTF8:
        return check_value(value, utf8_names, COUNT_OF(utf8_names));
    case RULE_ON:
        return check_value(value, on_names, COUNT_OF(on_names)) == SQL_SETTING_ALLOWED
                   ? SQL_SETTING_ALLOWED
                   : SQL_SETTING_REFUSED;
    case RULE_LEVEL:
        return check_value(value, level_names, COUNT_OF(level_names));
    case RULE_READ:
        return SQL_SETTING_REFUSED;
    }
    return SQL_SETTING_REFUSED;
}

bool sql_setting_may_read(const char *name)
{
    return find(name) != NULL || strchr(name, '.') != NULL;
}
