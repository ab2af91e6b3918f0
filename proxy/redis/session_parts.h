/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of a session share: session.c (life), session_requests.c (what a client asks),
 * session_login.c (who it is). */
#ifndef PROXY_REDIS_SESSION_PARTS_H
#define PROXY_REDIS_SESSION_PARTS_H

#include "protocol/redis/request_scanner.h"
#include "proxy/redis/session.h"

/* The most replies one session may be owed: beyond it, its requests are not read. */
#define REDIS_OWED_CAP 1024U

/* The one writer of s->state; checks that the move is legal. */
void redis_session_enter(struct redis_session *s, enum redis_session_state state);

/* Stops reading requests until redis_session_wake, which for REDIS_WAIT_REPLIES comes when no more
 * than wake_at replies are owed. */
void redis_session_hold(struct redis_session *s, enum redis_session_wait wait);
void redis_session_hold_for_replies(struct redis_session *s, uint32_t wake_at);

/* Reads and handles requests until there are no more or something must be waited for. */
void redis_session_read(struct redis_session *s);

/* The client asked to leave, or must: what was written is sent, then the connection closes. */
void redis_session_finish(struct redis_session *s, enum redis_close_reason reason);

/* Judges the credentials and writes the answer. */
void redis_session_log_in(struct redis_session *s, const struct redis_login *login,
                          struct writer *w);

/* Whether the session is logged in, or can be without credentials. */
bool redis_session_may_ask(struct redis_session *s);

/* RESET: the client must log in again, as the same tenant. */
void redis_session_log_out(struct redis_session *s);

#endif
