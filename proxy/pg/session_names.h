/* SPDX-License-Identifier: Apache-2.0
 *
 * What the client's names of prepared statements and portals lead to, and the statements that are
 * about those names: DEALLOCATE and DISCARD ALL. */
#ifndef PROXY_PG_SESSION_NAMES_H
#define PROXY_PG_SESSION_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "proxy/pg/statement_map.h"

struct owed_note;
struct pg_worker;
struct pg_reply;
struct session;
struct sql_plan;
struct sql_refusal;

struct session_names {
    struct statement_map statements;
    struct statement *unnamed; /* shares */
    uint32_t num_closing;      /* messages under way whose names may come back */
    uint32_t closing_batch;    /* in which the last of them was */
    struct sql_plan *portal;   /* shares; bound to the unnamed portal, if it is about names */
    bool is_discarding;        /* DISCARD ALL was sent, the link goes back after its batch */
};

/* Gives up all of it. */
void session_names_fini(struct session_names *names);

/* Brings the metrics of a worker up to what its sessions have prepared. */
void session_names_count(struct pg_worker *pg);

/* Whether a plan is about names: executing it is the proxy's business. */
bool session_names_concern(const struct sql_plan *plan);

/* What a Bind made of the unnamed portal. */
void session_names_note_portal(struct session *s, struct sql_plan *plan);

/* Why a DEALLOCATE may not be parsed or bound now, or NULL. */
const struct sql_refusal *session_names_object(const struct session *s,
                                               const struct sql_plan *plan);

/* The server said EmptyQueryResponse to an OWED_DEALLOCATES: tells the client that it is done. */
void session_names_completed(struct session *s, const struct owed_note *note);

/* An entry that took names away is over: done, or else they come back. */
void session_names_settled(struct session *s, const struct pg_reply *reply, struct owed_note *note,
                           bool is_done);

#endif
