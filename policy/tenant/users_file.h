/* SPDX-License-Identifier: Apache-2.0
 *
 * The users of a listener: one "name" "secret" per line, # starts a comment. Secrets are stored
 * verifiers, never passwords. The name is the whole login name ("app.acme"), so a credential
 * binds its tenant. Nothing here computes: comparing is the business of the login. */
#ifndef POLICY_TENANT_USERS_FILE_H
#define POLICY_TENANT_USERS_FILE_H

#include "policy/config/load.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define USERS_FILE_MAX      ((size_t)16 << 20) /* 16 MiB: about 80,000 users */
#define USER_NAME_MAX       ((size_t)255)      /* bytes */
#define USER_ITERATIONS_MIN ((uint32_t)4096)   /* RFC 7677, 4 */
#define USER_ITERATIONS_MAX ((uint32_t)1000000)
#define USER_SALT_MAX       ((size_t)64) /* bytes; PostgreSQL uses 16 */
#define SHA256_LEN          ((size_t)32)
#define MD5_HEX_LEN         ((size_t)32)

enum user_secret_kind {
    USER_SECRET_SCRAM_SHA_256, /* "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" */
    USER_SECRET_MD5,           /* "md5" and 32 hex digits, as pg_authid.rolpassword has it */
    USER_SECRET_SHA_256,       /* "#" and 64 hex digits: SHA-256 of the password (Redis ACL form) */
};

struct user_secret {
    enum user_secret_kind kind;
    uint32_t iterations; /* scram only, as the next four */
    size_t salt_len;
    uint8_t salt[USER_SALT_MAX];
    uint8_t stored_key[SHA256_LEN];
    uint8_t server_key[SHA256_LEN];
    uint8_t sha256[SHA256_LEN]; /* sha-256 only */
    char md5[MD5_HEX_LEN];      /* md5 only: the digits */
};

struct users; /* immutable, may be shared by threads */

/* Parses the text of a users file. name is the file's, for messages. On CONFIG_WRONG *out is NULL
 * and *out_error says where and what was expected (never a secret). */
MUST_USE enum config_status users_parse(struct slice text, const char *name, struct users **out,
                                        struct config_error *out_error);

/* Reads and parses the file at path. */
MUST_USE enum config_status users_load(const char *path, struct users **out,
                                       struct config_error *out_error);

/* Overwrites and releases the users and clears the pointer; NULL is fine. */
void users_free(struct users **users);

/* The secret of that exact login name, or NULL. Borrows from users. */
const struct user_secret *users_find(const struct users *users, struct slice name);

/* How many users there are. */
size_t users_count(const struct users *users);

#endif
