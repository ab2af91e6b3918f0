/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 as PostgreSQL accepts it (pg_utf8_islegal): no overlong form, no surrogate, nothing above
 * U+10FFFF. Text that passes means the same to us and to the server. */
#ifndef PROTOCOL_UTF8_H
#define PROTOCOL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"

enum utf8_nul {
    UTF8_NUL_ALLOWED, /* U+0000 is a character like others */
    UTF8_NUL_REFUSED, /* as PostgreSQL: no text value may hold one */
};

/* How many bytes from the start of s are whole, legal characters. s.len when all of it is. */
size_t utf8_valid_prefix(struct slice s, enum utf8_nul nul);

/* Whether all of s is legal. */
bool utf8_is_valid(struct slice s, enum utf8_nul nul);

/* How many characters begin before byte offset (at most s.len, checked) of valid text s: the
 * 0-based character number of what stands at offset. */
size_t utf8_count(struct slice s, size_t offset);

#endif
