/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks a type name up in types.def. A hundred rows, asked for once a cast and once a plan: a walk
 * down the table is short enough. Not found is not allowed. Allocates nothing. */
#include "policy/sql/types.h"

#include <stddef.h>
#include <string.h>

#include "protocol/check.h"

enum type_verdict {
    TYPE_ALLOWED,
    TYPE_METADATA,
    TYPE_REFUSED,
};

struct entry {
    const char *name;
    enum type_verdict verdict;
};

static const struct entry entries[] = {
#define TYPE(name, verdict) {name, TYPE_##verdict},
#include "policy/sql/types.def"
#undef TYPE
};

static const struct entry *find(const char *name)
{
    check(name != NULL);
    /* Array types are called after their element, with one underscore before it. */
    const char *element = name[0] == '_' ? name + 1 : name;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (strcmp(entries[i].name, element) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

bool sql_type_is_allowed(const char *name)
{
    const struct entry *entry = find(name);
    return entry != NULL && entry->verdict == TYPE_ALLOWED;
}

bool sql_type_is_metadata(const char *name)
{
    const struct entry *entry = find(name);
    return entry != NULL && entry->verdict == TYPE_METADATA;
}

bool sql_type_is_builtin(const char *name)
{
    return find(name) != NULL;
}
