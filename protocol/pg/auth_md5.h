/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to AuthenticationMD5Password, for servers that ask for nothing better. */
#ifndef PROTOCOL_PG_AUTH_MD5_H
#define PROTOCOL_PG_AUTH_MD5_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define AUTH_MD5_LEN 35 /* "md5" and 32 hex digits; no NUL */

/* "md5" and the hex of MD5(hex(MD5(password user)) salt). False where libcrypto has no MD5. What
 * it answers is worth the password while the salt lasts: cleanse it. */
MUST_USE bool auth_md5_answer(struct slice user, struct slice password, struct slice salt,
                              char out[AUTH_MD5_LEN]);

#endif
