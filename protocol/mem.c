/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocations that abort on shortage: see the header for when that is right. */
#include "protocol/mem.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

void *mem_new(size_t size)
{
    return mem_new_array(1, size);
}

void *mem_new_array(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    check(memory != NULL);
    return memory;
}

void *mem_resize(void *memory, size_t count, size_t size)
{
    size_t bytes = 0;
    check(!__builtin_mul_overflow(count, size, &bytes));
    void *resized = realloc(memory, bytes > 0 ? bytes : 1);
    check(resized != NULL);
    return resized;
}

char *mem_copy_string(const char *text, size_t len)
{
    char *copy = mem_new(len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}
