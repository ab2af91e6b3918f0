/* SPDX-License-Identifier: Apache-2.0
 *
 * A COPY of a session under isolation: that one may be under way at all, and what is done to the
 * rows that the client sends. */
#ifndef PROXY_PG_SESSION_COPY_H
#define PROXY_PG_SESSION_COPY_H

#include <stdbool.h>
#include <stdint.h>

struct refusal;
struct session;
struct session_copy;
struct sql_plan;

/* The plan is about to be sent. True: an earlier COPY of the session is not over, wait for it. */
bool session_copy_must_wait(const struct session *s, const struct sql_plan *plan);

/* It was sent. */
void session_copy_begin(struct session *s, const struct sql_plan *plan);

/* All that was sent is answered, or the link is lost. */
void session_copy_end_of(struct session *s);

/* Whether a server's message of COPY of that type may come. */
bool session_copy_expects(const struct session *s, uint8_t type);

/* Our words for the server's error, when it was asked to fail because of the rows; NULL else. The
 * caller owns them. */
struct refusal *session_copy_take_refusal(struct session *s);

#endif
