/* SPDX-License-Identifier: Apache-2.0
 *
 * A directory that is a table. */
#include "tests/policy/config/memory_files.h"

#include <stdio.h>
#include <string.h>

#include "protocol/mem.h"

bool memory_file_read(void *context, const char *path, size_t max, struct config_file *out,
                      char *message, size_t cap)
{
    const struct memory_files *files = context;
    *out = (struct config_file){0};
    for (const struct memory_file *file = files->items; file->path != NULL; file++) {
        size_t len = strlen(file->text);
        if (strcmp(file->path, path) == 0 && len <= max) {
            *out = (struct config_file){.bytes = mem_copy_string(file->text, len),
                                        .len = len,
                                        .is_public = file->is_public};
            return true;
        }
    }
    snprintf(message, cap, "no such file");
    return false;
}
