/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files for extended messages share: finding a statement, having the link's server know
 * it, and waiting for what an earlier batch has not settled yet. */
#ifndef PROXY_PG_SESSION_EXTENDED_H
#define PROXY_PG_SESSION_EXTENDED_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"
#include "proxy/pg/link_statements.h"
#include "proxy/pg/session_parts.h"

struct sql_refusal;

#define SESSION_NO_STATEMENT "prepared statement \"%s\" does not exist"

/* Passes the message on as it is, for a reply of that kind. */
enum request_step session_relay(struct session *s, enum pg_reply_kind kind,
                                const struct pg_frame *frame);

/* Refuses with a message that may hold one %s, for name. */
enum request_step session_refuse_named(struct session *s, enum pg_reply_kind kind,
                                       const char *sqlstate, const char *message,
                                       struct slice name);

/* Looks a statement up by name; "" is the unnamed one. False: what it is depends on the answer to
 * a message of an earlier batch, and the session has been stopped to wait for it (REQUEST_WAITS).
 * *out borrows; NULL when there is none of that name. */
MUST_USE bool session_find_statement(struct session *s, struct slice name, struct statement **out);

/* Why the session may not use a plan in the extended protocol; NULL when it may. */
const struct sql_refusal *session_object(struct session *s, const struct sql_plan *plan);

/* session_names.c: an Execute of the unnamed portal while names.portal is set. */
enum request_step session_names_execute(struct session *s, const struct pg_frame *frame);

/* What the server calls a statement. */
struct prepared {
    bool is_there; /* false: the message was answered with an error */
    char name[LINK_STATEMENT_NAME];
    size_t name_len;
};

/* Gets a link, and sends it a Parse of its own if its server does not know the statement. With
 * REQUEST_DONE, *out says whether the message may go on. */
enum request_step session_prepare(struct session *s, enum pg_reply_kind asked_by,
                                  struct statement *statement, bool is_unnamed,
                                  struct prepared *out);

#endif
