/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of a session call of each other. Every function runs on the session's worker and
 * may close the session: callers look at its state afterwards. */
#ifndef PROXY_PG_SESSION_PARTS_H
#define PROXY_PG_SESSION_PARTS_H

#include "protocol/compiler.h"
#include "protocol/pg/frame.h"
#include "proxy/pg/owed.h"
#include "proxy/pg/pool.h"
#include "proxy/pg/session.h"

struct link;
struct refusal;
struct scram_verifier;
struct sql_plan;
struct statement;

/* What became of a client's message. */
enum request_step {
    REQUEST_DONE,
    REQUEST_WAITS, /* it stays in the input and is handled again later */
    REQUEST_WRONG, /* it breaks the protocol */
};

/* session_startup.c, session_auth.c: input in the states before login. */
void session_startup_input(struct session *s);
void session_sasl_input(struct session *s);
void session_proof_input(struct session *s);
void session_offer_sasl(struct session *s, const struct scram_verifier *verifier);
/* The next message, which must be one of authentication; false: none yet, or the end. */
bool session_take_proof(struct session *s, struct pg_frame *out);
/* Says so in the log and closes. */
void session_refuse_proof(struct session *s, enum close_reason reason);
void session_login_done(struct session *s); /* authenticated: who is it, and may it */
void session_greet(struct session *s);      /* tells the client what it must know, then IDLE */

/* session_verifier.c: finds the verifier of the login's user, now or later, and begins SCRAM. */
void session_find_verifier(struct session *s);

/* session_requests.c: input in the states after login. */
void session_requests_input(struct session *s);
enum request_step session_take(struct session *s, const struct pg_frame *frame); /* one message */

/* session_simple.c and session_extended.c: one message each. */
enum request_step session_query(struct session *s, const struct pg_frame *frame);
enum request_step session_parse(struct session *s, const struct pg_frame *frame);
enum request_step session_bind(struct session *s, const struct pg_frame *frame);
enum request_step session_describe(struct session *s, const struct pg_frame *frame);
enum request_step session_close_named(struct session *s, const struct pg_frame *frame);
enum request_step session_execute(struct session *s, const struct pg_frame *frame);
enum request_step session_flush(struct session *s, const struct pg_frame *frame);
enum request_step session_sync(struct session *s, const struct pg_frame *frame);
enum request_step session_function_call(struct session *s, const struct pg_frame *frame);

/* session_copy.c: CopyData; CopyDone and CopyFail. */
enum request_step session_copy_data(struct session *s, const struct pg_frame *frame);
enum request_step session_copy_end(struct session *s, const struct pg_frame *frame);

/* session_link.c: getting a link, and letting it go. */
enum link_answer {
    LINK_THERE,
    LINK_LATER,   /* the session waits: REQUEST_WAITS */
    LINK_REFUSED, /* the message was answered with why: REQUEST_DONE */
};
MUST_USE enum link_answer session_need_link(struct session *s, enum pg_reply_kind asked_by);
void session_granted(struct session *s, struct link *link);
void session_not_granted(struct session *s, enum pool_refusal why);
void session_wait_ended(struct session *s); /* counts it, if it was waiting */
void session_settle(struct session *s);     /* gives the link back if nothing speaks against it */
void session_release(struct session *s);    /* a link at rest goes back, pinned or not */
void session_lose_link(struct session *s);  /* the link is not its any more; nothing else */
void session_drop_link(struct session *s);  /* the client is gone: reuse it or close it */
void session_link_gone(struct session *s, const char *reason);

/* session_refuse.c: errors of our own, in their place. Takes the refusal over. */
void session_refuse(struct session *s, enum pg_reply_kind asked_by, struct refusal **refusal);

/* session_replies.c: what the server says. */
void session_replies(struct session *s);
void session_answer_local(struct session *s); /* what needs no word of the server */
void session_drop_owed(struct link *link);    /* nobody waits for it any more */

/* session_plan.c: the way to the choke point, and what a plan does to the session. */
struct sql_plan *session_plan_simple(struct session *s, struct slice text);
struct sql_plan *session_plan_extended(struct session *s, struct slice text, struct slice types,
                                       uint16_t num_types);
/* Plans a statement again that was planned under another snapshot, and answers the new one, which
 * borrows as the old did. False while the upstream has no catalogue. */
MUST_USE bool session_replan(struct session *s, struct statement **statement);
uint64_t session_epoch(const struct session *s); /* of the snapshot plans are made under */
void session_renew_meaning(struct session *s);
void session_apply_effects(struct session *s, const struct sql_plan *plan);

/* session_pin.c: the session keeps its link beyond the transaction, and for which of pins.def. */
void session_pin(struct session *s, enum sql_effect effect);
/* Why the plan may not be sent to a pool that allows no pins, or NULL. */
const struct sql_refusal *session_object_to_pin(const struct session *s,
                                                const struct sql_plan *plan);
void session_unpin(struct session *s); /* it has no link any more */

#endif
