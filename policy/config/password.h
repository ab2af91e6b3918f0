/* SPDX-License-Identifier: Apache-2.0
 *
 * What a password file holds: one line. */
#ifndef POLICY_CONFIG_PASSWORD_H
#define POLICY_CONFIG_PASSWORD_H

#include "policy/config/load.h"

#define PASSWORD_MAX      ((size_t)1024)     /* bytes, without the newline at its end */
#define PASSWORD_FILE_MAX (PASSWORD_MAX + 2) /* bytes, with it */

/* The password in a file that was read, or NULL when it is not one line of 1 to PASSWORD_MAX
 * bytes. Owned by the caller: password_free. */
char *password_of_file(const struct config_file *file);

/* Overwrites and releases a password and clears the pointer; NULL is fine. */
void password_free(char **password);

#endif
