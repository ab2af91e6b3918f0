/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a session may take over what it does. */
#ifndef PROXY_PG_SESSION_LIMITS_H
#define PROXY_PG_SESSION_LIMITS_H

struct session;

/* Watches a session that has logged in, as far as the configuration sets limits; again after a
 * reload. Twice is fine. */
void session_limits_watch(struct session *s);

/* A message of the client is about to be handled. */
void session_limits_note_request(struct session *s);

#endif
