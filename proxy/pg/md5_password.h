/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to AuthenticationMD5Password, for servers that still ask for it. */
#ifndef PROXY_PG_MD5_PASSWORD_H
#define PROXY_PG_MD5_PASSWORD_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define MD5_ANSWER_LEN 35 /* "md5" and 32 hex digits */

/* Writes "md5" || hex(md5(hex(md5(password || user)) || salt)). False where MD5 is not available.
 */
MUST_USE bool md5_password(struct slice user, struct slice password, struct slice salt,
                           char out[MD5_ANSWER_LEN]);

#endif
