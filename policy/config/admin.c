/* SPDX-License-Identifier: Apache-2.0
 *
 * admin: the HTTP server and the console. The console shows names of all tenants and can stop the
 * proxy, so it is never without a password, and its port is not for the network. */
#include "policy/config/admin.h"

#include <stdlib.h>

#include "policy/config/address.h"
#include "policy/config/parts.h"
#include "protocol/mem.h"

const char *config_console_users(const struct config_admin *admin, enum config_right right)
{
    if (admin == NULL) {
        return NULL;
    }
    return right == CONFIG_RIGHT_WRITE ? admin->write_users : admin->read_users;
}

static void resolve(const struct reading *reading, char **path)
{
    if (*path != NULL) {
        char *whole = resolve_path(reading, *path);
        free(*path);
        *path = whole;
    }
}

static enum config_status check_console(struct reading *reading, const struct section_place *place,
                                        const struct config_admin *admin)
{
    bool has_users = admin->read_users != NULL || admin->write_users != NULL;
    uint32_t node = document_child(reading->document, place->node, "console");
    if (admin->console.text == NULL) {
        return !has_users ? CONFIG_OK
                          : refuse(reading, place->node,
                                   "%s.console is missing: there are users for it", place->path);
    }
    if (!has_users) {
        return refuse(reading, node,
                      "%s.console: nobody could log in: expected read_users or write_users",
                      place->path);
    }
    if (!address_is_local(&admin->console)) {
        return refuse(reading, node,
                      "%s.console: expected a loopback or unix address, since nothing is encrypted "
                      "there; %s can be reached from elsewhere",
                      place->path, admin->console.text);
    }
    return CONFIG_OK;
}

enum config_status read_admin(struct reading *reading, const struct raw_config *raw)
{
    struct section_place root = {0};
    struct section_place place = section_below(reading, &root, "admin");
    uint64_t given = 0;
    if (place.node == DOCUMENT_NONE) {
        return CONFIG_OK;
    }
    struct config_admin *admin = mem_new(sizeof *admin);
    reading->config->admin = admin;
    if (section_read(reading, SECTION_ADMIN, &place, &raw->admin, admin, &given) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    resolve(reading, &admin->read_users);
    resolve(reading, &admin->write_users);
    return check_console(reading, &place, admin);
}
