/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks an operator symbol up in operators.def. Not found is unknown, and unknown is refused by
 * the analyser: an operator is a function call in disguise. Allocates nothing. */
#include "policy/sql/operators.h"

#include <stddef.h>
#include <string.h>

#include "protocol/check.h"

struct entry {
    const char *symbol;
    enum sql_operator_class class;
};

static const struct entry entries[] = {
#define OPERATOR(symbol, class) {symbol, SQL_OPERATOR_##class},
#include "policy/sql/operators.def"
#undef OPERATOR
};

enum sql_operator_class sql_operator_classify(const char *symbol)
{
    check(symbol != NULL);
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (strcmp(entries[i].symbol, symbol) == 0) {
            return entries[i].class;
        }
    }
    return SQL_OPERATOR_UNKNOWN;
}

bool sql_pattern_never_raises(struct slice pattern)
{
    size_t backslashes = 0;
    struct reader r = reader_over(pattern);
    while (reader_left(&r) > 0) {
        backslashes = reader_u8(&r) == '\\' ? backslashes + 1 : 0;
    }
    return backslashes % 2 == 0;
}
