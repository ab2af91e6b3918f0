/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks a function name up in functions.def: one binary search over a sorted, constant table. The
 * table is data that was reviewed by people; this file decides nothing but "not found is unknown".
 * Runs in any thread, allocates nothing, refuses nothing by itself: the analyser does. */
#include "policy/sql/functions.h"

#include <stddef.h>
#include <string.h>

#include "protocol/check.h"

struct entry {
    const char *name;
    enum sql_function_class class;
};

static const struct entry entries[] = {
#define FUNCTION(name, class) {name, SQL_FUNCTION_##class},
#include "policy/sql/functions.def"
#undef FUNCTION
};

enum sql_function_class sql_function_classify(const char *name)
{
    check(name != NULL);
    size_t low = 0;
    size_t high = sizeof entries / sizeof entries[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, entries[middle].name);
        if (order == 0) {
            return entries[middle].class;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return SQL_FUNCTION_UNKNOWN;
}

bool sql_function_is_allowed(const char *name)
{
    enum sql_function_class class = sql_function_classify(name);
    return class == SQL_FUNCTION_SAFE || class == SQL_FUNCTION_RAISING;
}

bool sql_function_is_builtin(const char *name)
{
    return sql_function_classify(name) != SQL_FUNCTION_UNKNOWN;
}

bool sql_function_never_raises(const char *name)
{
    return sql_function_classify(name) == SQL_FUNCTION_SAFE;
}

const char *sql_function_reason(enum sql_function_class class)
{
    static const char *const reasons[] = {
        [SQL_FUNCTION_UNKNOWN] = "it is not a function that was reviewed",
        [SQL_FUNCTION_SAFE] = "",
        [SQL_FUNCTION_RAISING] = "",
        [SQL_FUNCTION_SETTING] = "the name of the setting must be a constant that may be read",
        [SQL_FUNCTION_LEAKS] = "it can read other tables, the catalogue, files or other sessions",
        [SQL_FUNCTION_SESSION] = "it touches state that is shared with other tenants",
        [SQL_FUNCTION_REFUSED] = "it is not a function that was reviewed",
    };
    check((size_t) class < sizeof reasons / sizeof reasons[0]);
    return reasons[class];
}
