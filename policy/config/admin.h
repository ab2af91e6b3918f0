/* SPDX-License-Identifier: Apache-2.0
 *
 * Where operators connect, and who of them may do what. The rules of config.h for strings hold. */
#ifndef POLICY_CONFIG_ADMIN_H
#define POLICY_CONFIG_ADMIN_H

#include "policy/config/upstream.h"

/* What a user of the console may do. */
enum config_right { CONFIG_RIGHT_READ, CONFIG_RIGHT_WRITE, CONFIG_RIGHTS };

struct config_admin {
    struct config_address bind;    /* of the HTTP server */
    struct config_address console; /* all NULL: there is none */
    char *read_users;              /* a users file, as the next; NULL: nobody */
    char *write_users;
};

/* The users file for that right; NULL when there is none, also for no admin. Borrows. */
const char *config_console_users(const struct config_admin *admin, enum config_right right);

#endif
