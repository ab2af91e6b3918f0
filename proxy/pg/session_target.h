/* SPDX-License-Identifier: Apache-2.0
 *
 * The startup option target_session_attrs: a session's own choice between an upstream's servers. */
#ifndef PROXY_PG_SESSION_TARGET_H
#define PROXY_PG_SESSION_TARGET_H

#include "policy/config/upstream.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "proxy/pg/settings.h"

struct session_login;

#define SESSION_TARGET_OPTION "target_session_attrs"

/* Takes libpq's words for it. WRONG: not one of them; REFUSED: not to be had by this listener. */
MUST_USE enum setting_status session_target_choose(struct session_login *login, struct slice value);

#endif
