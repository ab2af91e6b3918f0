/* SPDX-License-Identifier: Apache-2.0
 *
 * Since PostgreSQL 16 numbers may be hexadecimal, octal or binary and may hold underscores. The
 * grammar turns small ones into plain integers by itself; the rest keeps its text, which an older
 * server would read as a number and an alias. Separators are dropped, other bases refused. */
#include "policy/sql/literal.h"

#include <string.h>

static bool is_decimal_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

void sql_literal_normalise(struct sql_query *q, A_Const *constant)
{
    if (constant->isnull || !IsA(&constant->val, Float)) {
        return;
    }
    const char *text = constant->val.fval.fval;
    char *plain = palloc(strlen(text) + 1);
    size_t len = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (is_decimal_byte(*at)) {
            plain[len++] = *at;
        } else if (*at != '_') {
            sql_refuse(q, "0A000", constant->location, "Write it as a decimal number.",
                       "this number is not supported under tenant isolation");
        }
    }
    plain[len] = '\0';
    constant->val.fval.fval = plain;
}
