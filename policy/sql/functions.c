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

/* From pg_proc: at most one argument without a default, of type record or one that takes it. */
static const char *const row_functions[] = {
    "any_out",
    "anycompatible_out",
    "anycompatiblenonarray_out",
    "anyelement_out",
    "anynonarray_out",
    "array_agg",
    "concat",
    "count",
    "cume_dist",
    "dense_rank",
    "first_value",
    "hash_record",
    "json_agg",
    "json_build_array",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_array",
    "jsonb_build_object",
    "lag",
    "last_value",
    "lead",
    "mode",
    "num_nonnulls",
    "num_nulls",
    "percent_rank",
    "pg_collation_for",
    "pg_column_compression",
    "pg_column_size",
    "pg_typeof",
    "quote_literal",
    "quote_nullable",
    "rank",
    "record_out",
    "record_send",
    "row_to_json",
    "to_json",
    "to_jsonb",
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

bool sql_function_takes_row(const char *name)
{
    for (size_t i = 0; i < sizeof row_functions / sizeof row_functions[0]; i++) {
        if (strcmp(row_functions[i], name) == 0) {
            return true;
        }
    }
    return false;
}

const char *sql_function_reason(enum sql_function_class class)
{
    static const char *const reasons[] = {
        [SQL_FUNCTION_UNKNOWN] = "it is not a function that was reviewed",
        [SQL_FUNCTION_SAFE] = "",
        [SQL_FUNCTION_RAISING] = "",
        [SQL_FUNCTION_SETTING] = "the name of the setting must be a constant that may be read",
        [SQL_FUNCTION_SETTER] = "only a setting that tenants may change can be set, by constants",
        [SQL_FUNCTION_METADATA] = "isolation.row.metadata does not allow it",
        [SQL_FUNCTION_COUNTS] = "it counts what belongs to all tenants",
        [SQL_FUNCTION_LEAKS] = "it can read other tables, the catalogue, files or other sessions",
        [SQL_FUNCTION_SESSION] = "it touches state that is shared with other tenants",
        [SQL_FUNCTION_REFUSED] = "it is not a function that was reviewed",
    };
    check((size_t) class < sizeof reasons / sizeof reasons[0]);
    return reasons[class];
}
