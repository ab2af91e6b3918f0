/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict integers. Two programs that read the same digits differently disagree about where a
 * frame or a list of keys ends, and that is how one client's bytes become another's command. So
 * only the one canonical form of each number is taken: what is accepted here is byte for byte
 * what we would write ourselves. */
#include "protocol/redis/resp_line.h"

#define INT64_DIGITS 19

/* Appends one digit to a negative running value: INT64_MIN has no positive twin. */
static bool take_digit(int64_t *value, uint8_t byte)
{
    return byte >= '0' && byte <= '9' && !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_sub_overflow(*value, byte - '0', value);
}

bool resp_parse_integer(struct slice text, int64_t *out)
{
    size_t first = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
    size_t num_digits = text.len - first;
    if (num_digits == 0 || num_digits > INT64_DIGITS) {
        return false;
    }
    if (text.ptr[first] == '0' && text.len > 1) {
        return false; /* a leading zero, or "-0" */
    }
    int64_t value = 0;
    for (size_t i = first; i < text.len; i++) {
        if (!take_digit(&value, text.ptr[i])) {
            return false;
        }
    }
    if (first == 0 && value == INT64_MIN) {
        return false;
    }
    *out = first == 0 ? -value : value;
    return true;
}

enum scan_status resp_length_scan(struct slice input, struct resp_length *out)
{
    size_t limit = input.len < RESP_LENGTH_LINE_CAP ? input.len : RESP_LENGTH_LINE_CAP;
    size_t end = 1;
    while (end < limit && input.ptr[end] != '\r') {
        if (input.ptr[end] != '-' && (input.ptr[end] < '0' || input.ptr[end] > '9')) {
            return SCAN_BAD;
        }
        end++;
    }
    if (end + 1 >= limit) {
        return limit == RESP_LENGTH_LINE_CAP ? SCAN_BAD : SCAN_MORE;
    }
    if (input.ptr[end + 1] != '\n' ||
        !resp_parse_integer(slice_of(input.ptr + 1, end - 1), &out->value)) {
        return SCAN_BAD;
    }
    out->line_len = end + 2;
    return SCAN_DONE;
}
