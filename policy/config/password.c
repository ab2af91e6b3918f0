/* SPDX-License-Identifier: Apache-2.0
 *
 * One newline at the end, as editors and echo leave it, is not part of the password. Read when the
 * configuration is loaded, and again when a link logs in, since it may have been changed. */
#include "policy/config/password.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/mem.h"

static size_t password_len(const struct config_file *file)
{
    size_t len = file->len;
    if (len > 0 && file->bytes[len - 1] == '\n') {
        len--;
        len -= len > 0 && file->bytes[len - 1] == '\r' ? 1 : 0;
    }
    return len;
}

char *password_of_file(const struct config_file *file)
{
    size_t len = password_len(file);
    bool fits = len > 0 && len <= PASSWORD_MAX && memchr(file->bytes, '\0', len) == NULL &&
                memchr(file->bytes, '\n', len) == NULL;
    return fits ? mem_copy_string(file->bytes, len) : NULL;
}

void password_free(char **password)
{
    if (*password != NULL) {
        explicit_bzero(*password, strlen(*password));
    }
    free(*password);
    *password = NULL;
}
