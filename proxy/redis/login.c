/* SPDX-License-Identifier: Apache-2.0
 *
 * AUTH carries the password itself, so checking it means deriving the keys of the stored verifier
 * from it: about 1 ms for 4,096 iterations, on the worker's thread. The user's name decides the
 * tenant, and the users file ties the password to that name. */
#include "proxy/redis/login.h"

#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "policy/tenant/users_file.h"
#include "protocol/pg/scram_keys.h"

#define MOCK_ITERATIONS 4096 /* what users who do not exist cost: PostgreSQL's default */

/* For users who are not in the file: compared with, never equal in length or content to a key. */
static const struct user_secret mock_secret = {
    .kind = USER_SECRET_SCRAM_SHA_256, .iterations = MOCK_ITERATIONS, .salt_len = 16};

static bool matches(const struct user_secret *secret, struct slice password)
{
    struct scram_keys keys;
    if (secret->kind == USER_SECRET_SHA_256) {
        scram_hash(password, keys.stored_key);
        bool is_equal = scram_equal(keys.stored_key, secret->sha256);
        scram_cleanse(&keys, sizeof keys);
        return is_equal;
    }
    scram_keys_derive(password, slice_of(secret->salt, secret->salt_len), secret->iterations,
                      &keys);
    bool is_equal = scram_equal(keys.stored_key, secret->stored_key);
    scram_cleanse(&keys, sizeof keys);
    return is_equal;
}

static bool password_is_good(const struct snapshot *snapshot,
                             const struct config_listener *listener,
                             const struct redis_login *login)
{
    const struct users *users = snapshot_users(snapshot, listener);
    const struct user_secret *secret = users != NULL ? users_find(users, login->user) : NULL;
    if (secret != NULL && secret->kind == USER_SECRET_MD5) {
        secret = NULL; /* it is of PostgreSQL's exchange only */
    }
    bool is_equal = matches(secret != NULL ? secret : &mock_secret, login->password);
    return is_equal && secret != NULL;
}

static enum redis_login_verdict identify(const struct snapshot *snapshot, struct slice user,
                                         const struct config_tenant **out_tenant)
{
    const struct tenant_facts facts = {.startup_user = user, .is_redis = true};
    struct tenant_identity identity;
    if (tenant_identify(snapshot_tenant_rules(snapshot), &facts, &identity) != TENANT_FOUND) {
        return REDIS_LOGIN_NO_TENANT;
    }
    *out_tenant = identity.tenant;
    return REDIS_LOGIN_OK;
}

enum redis_login_verdict redis_login_judge(const struct snapshot *snapshot,
                                           const struct config_listener *listener,
                                           const struct redis_login *login,
                                           const struct config_tenant **out_tenant)
{
    if (listener->auth != CONFIG_AUTH_TRUST && !password_is_good(snapshot, listener, login)) {
        return REDIS_LOGIN_WRONG;
    }
    return identify(snapshot, login->user, out_tenant);
}

enum redis_login_verdict redis_login_implied(const struct snapshot *snapshot,
                                             const struct config_listener *listener,
                                             const struct config_tenant **out_tenant)
{
    if (listener->auth != CONFIG_AUTH_TRUST) {
        return REDIS_LOGIN_NO_TENANT;
    }
    return identify(snapshot, slice_of(NULL, 0), out_tenant);
}
