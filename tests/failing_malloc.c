/* SPDX-License-Identifier: Apache-2.0
 *
 * The linker's --wrap sends the calls here. One thread only. */
#include "tests/failing_malloc.h"

#include <stdbool.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool is_armed;
static unsigned successes_left;

void failing_malloc_arm(unsigned successes)
{
    is_armed = true;
    successes_left = successes;
}

int failing_malloc_disarm(void)
{
    int was_reached = !is_armed;
    is_armed = false;
    return was_reached;
}

static bool fails_now(void)
{
    if (!is_armed || successes_left-- > 0) {
        return false;
    }
    is_armed = false;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails_now() ? NULL : __real_realloc(memory, size);
}
