/* SPDX-License-Identifier: Apache-2.0
 *
 * password_file: a password comes from its file only, is kept in memory of its own and never
 * appears in a message. */
#include <stdlib.h>

#include "policy/config/parts.h"
#include "policy/config/password.h"

enum config_status read_password_file(struct reading *reading, const struct section_place *place,
                                      char **path, char **out_password)
{
    if (*path == NULL) {
        return CONFIG_OK;
    }
    uint32_t node = document_child(reading->document, place->node, "password_file");
    char *whole = resolve_path(reading, *path);
    free(*path);
    *path = whole;
    struct config_file file = {0};
    char reason[256] = "";
    if (!reading->input->read_file(reading->input->read_context, whole, PASSWORD_FILE_MAX, &file,
                                   reason, sizeof reason)) {
        return refuse(reading, node, "%s.password_file: cannot read %s: %s", place->path, whole,
                      reason);
    }
    *out_password = password_of_file(&file);
    if (file.is_public) {
        warn(reading, "%s.password_file: every user of this machine may read %s", place->path,
             whole);
    }
    config_file_fini(&file);
    return *out_password != NULL
               ? CONFIG_OK
               : refuse(reading, node,
                        "%s.password_file: expected one line of 1 to %zu bytes in %s", place->path,
                        PASSWORD_MAX, whole);
}
