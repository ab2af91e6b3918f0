/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of the process when an invariant of ours does not hold. Standard error is the only
 * place left to speak: the logger may be what broke. */
#include "protocol/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "ringfence: bug: %s:%d: check failed: %s\n", file, line, expression);
    abort();
}
