/* SPDX-License-Identifier: Apache-2.0
 *
 * The libpg_query package is built against a C library that has strlcpy; Debian 12's does not.
 * Linked only where the C library lacks the name. */

#include <stddef.h>
#include <string.h>

size_t strlcpy(char *to, const char *from, size_t cap);

size_t strlcpy(char *to, const char *from, size_t cap)
{
    size_t len = strlen(from);
    if (cap > 0) {
        size_t copied = len < cap ? len : cap - 1;
        memcpy(to, from, copied);
        to[copied] = '\0';
    }
    return len;
}
