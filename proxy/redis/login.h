/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether credentials are good, and whose they are. */
#ifndef PROXY_REDIS_LOGIN_H
#define PROXY_REDIS_LOGIN_H

#include "policy/redis/client.h"
#include "policy/tenant/identify.h"
#include "protocol/compiler.h"

struct config_listener;
struct snapshot;

enum redis_login_verdict {
    REDIS_LOGIN_OK,
    REDIS_LOGIN_WRONG,     /* user or password */
    REDIS_LOGIN_NO_TENANT, /* good credentials of nobody we serve, or of a suspended tenant */
};

/* Judges AUTH or HELLO .. AUTH. On a trust listener any password is good and the user decides. On
 * another one the password is checked against the users file, at the same cost for users who are
 * not in it. */
MUST_USE enum redis_login_verdict redis_login_judge(const struct snapshot *snapshot,
                                                    const struct config_listener *listener,
                                                    const struct redis_login *login,
                                                    const struct config_tenant **out_tenant);

/* Who a client is that presents nothing: on a trust listener a `static` rule may say so. */
MUST_USE enum redis_login_verdict redis_login_implied(const struct snapshot *snapshot,
                                                      const struct config_listener *listener,
                                                      const struct config_tenant **out_tenant);

#endif
