/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to AuthenticationMD5Password, for peers that have nothing better. */
#ifndef PROTOCOL_PG_AUTH_MD5_H
#define PROTOCOL_PG_AUTH_MD5_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define AUTH_MD5_LEN        35 /* "md5" and 32 hex digits; no NUL */
#define AUTH_MD5_STORED_LEN 32 /* hex of MD5(password user); in pg_authid after "md5" */

/* "md5" and the hex of MD5(hex(MD5(password user)) salt). False where libcrypto has no MD5. What
 * it answers is worth the password while the salt lasts: cleanse it. */
MUST_USE bool auth_md5_answer(struct slice user, struct slice password, struct slice salt,
                              char out[AUTH_MD5_LEN]);

/* The same from what is stored instead of the password. */
MUST_USE bool auth_md5_answer_stored(struct slice stored, struct slice salt,
                                     char out[AUTH_MD5_LEN]);

#endif
