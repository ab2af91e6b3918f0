/* SPDX-License-Identifier: Apache-2.0
 *
 * The libpg_query package is built against a C library newer than Debian 12's, which gave strtoul
 * a second name for C23's binary literals. The library calls it only on digits its own scanner
 * has matched, so the older function serves. Linked only where the C library lacks the name. */

#include <stdlib.h>

unsigned long __isoc23_strtoul(const char *text, char **end, int base);

unsigned long __isoc23_strtoul(const char *text, char **end, int base)
{
    return strtoul(text, end, base);
}
