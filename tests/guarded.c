/* SPDX-License-Identifier: Apache-2.0
 *
 * Guard pages for test inputs: the copy is placed at the end of its own mapping and the page
 * behind it is made unreadable. */
#include "tests/guarded.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/check.h"

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Readable bytes of the mapping that holds a copy of len bytes. */
static size_t readable_size(size_t len)
{
    size_t page = page_size();
    return (len / page + 1) * page;
}

struct slice guarded_copy(const void *bytes, size_t len)
{
    size_t readable = readable_size(len);
    uint8_t *map = mmap(NULL, readable + page_size(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(map != MAP_FAILED);
    check(mprotect(map + readable, page_size(), PROT_NONE) == 0);
    uint8_t *copy = map + readable - len;
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return slice_of(copy, len);
}

void guarded_free(struct slice copy)
{
    size_t readable = readable_size(copy.len);
    uintptr_t map = (uintptr_t)copy.ptr + copy.len - readable;
    check(munmap((void *)map, readable + page_size()) == 0);
}
