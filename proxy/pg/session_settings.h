/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's SET outside of a transaction: the setting follows the session to other links, and the
 * link is not kept for it. */
#ifndef PROXY_PG_SESSION_SETTINGS_H
#define PROXY_PG_SESSION_SETTINGS_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/backend.h"

struct session;
struct sql_plan;

/* Whether session_settings_track would say yes. */
bool session_settings_may_track(const struct session *s, const struct sql_plan *plan);

/* The plan is about to be sent. True: its SET is tracked; false: it pins. */
MUST_USE bool session_settings_track(struct session *s, const struct sql_plan *plan);

/* A CommandComplete with that tag came for the client. */
void session_settings_note_complete(struct session *s, struct slice tag);

/* An error came, or the session is pinned: what is under way is not known any more. */
void session_settings_forget(struct session *s);

/* ReadyForQuery for the client. False: what became of the SET is not known before the transaction
 * ends, so the link must stay. */
MUST_USE bool session_settings_note_ready(struct session *s, enum pg_ready ready);

/* DISCARD ALL: as at the login. */
void session_settings_reset(struct session *s);

#endif
