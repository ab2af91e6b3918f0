/* SPDX-License-Identifier: Apache-2.0
 *
 * The one choke point of SQL: every text a client sends, in whatever message, becomes a plan, and
 * what the server gets is written from the plan and from nothing else. A plan is immutable, knows
 * no tenant (one plan serves all of them) and is used by one thread. Doubt is a refusal.
 *
 * More functions than our headers usually have: they are all questions about one value. */
#ifndef POLICY_SQL_PLAN_H
#define POLICY_SQL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/sql/plan_session.h"
#include "policy/sql/refusal.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/writer.h"

struct catalog;
struct config_row;

/* What a plan depends on besides the request. Only sql_plan_new reads it. */
struct sql_environment {
    bool passes_through;           /* nothing is rewritten or refused; then there is no: */
    const struct catalog *catalog; /* borrows */
    const struct config_row *row;  /* borrows */
    size_t max_bytes;              /* longest text, in bytes; more is 54000 */
    bool wants_notes;              /* keep what sql_plan_note tells: for people, not for traffic */
};

enum sql_protocol {
    SQL_SIMPLE,   /* Query: the tenant is a literal that is filled in for each use */
    SQL_EXTENDED, /* Parse: the tenant is one more parameter, $n+1 of type text */
};

struct sql_request {
    struct slice text; /* without the final NUL; borrows until sql_plan_new returns */
    enum sql_protocol protocol;
    const uint32_t *param_types; /* type OIDs of a Parse message, 0 unspecified; borrows likewise */
    size_t num_param_types;
};

enum sql_verdict {
    SQL_FORWARD, /* send what sql_plan_write_text writes, if sql_plan_admit agrees */
    SQL_REFUSE,  /* nothing may be sent: answer with sql_plan_refusal */
    SQL_EMPTY,   /* no statement at all: answer EmptyQueryResponse */
};

struct sql_plan;

/* Analyses and rewrites a text. Never NULL, whatever the text. The caller owns one reference. */
struct sql_plan *sql_plan_new(const struct sql_environment *env, const struct sql_request *request);

/* One more, one fewer reference; the last one frees. Unref clears the caller's pointer, and NULL
 * is fine. Not atomic: a plan never leaves its worker. */
struct sql_plan *sql_plan_ref(struct sql_plan *plan);
void sql_plan_unref(struct sql_plan **plan);

enum sql_verdict sql_plan_verdict(const struct sql_plan *plan);

/* Why nothing may be sent; NULL unless the verdict is SQL_REFUSE. Borrows the plan. */
const struct sql_refusal *sql_plan_refusal(const struct sql_plan *plan);

/* Whether this tenant may send it: constants in the client's text that stand where the tenant
 * belongs must equal it. NULL when they do, else the refusal. Ask before every use. */
const struct sql_refusal *sql_plan_admit(const struct sql_plan *plan, struct slice tenant);

/* Exact number of bytes that sql_plan_write_text appends. */
size_t sql_plan_text_len(const struct sql_plan *plan, struct slice tenant);

/* Appends the text for the server, without a final NUL. The verdict must be SQL_FORWARD. */
void sql_plan_write_text(const struct sql_plan *plan, struct slice tenant, struct writer *w);

/* How many parameters the client's text has: the highest $n. The server's statement has one more,
 * with the tenant's id, when sql_plan_added_type is not 0: the OID that Parse must declare for it,
 * after those for all parameters up to it, 0 where the client left them open. */
uint16_t sql_plan_num_params(const struct sql_plan *plan);
uint32_t sql_plan_added_type(const struct sql_plan *plan);

/* Whether the value bound to the client's parameter `index` (from 0) may stand there: a value for
 * a tenant column must be the tenant, a LIKE pattern may raise for no value. format is 0 text or 1
 * binary. NULL when it may. */
const struct sql_refusal *sql_plan_check_bind(const struct sql_plan *plan, size_t index,
                                              int16_t format, bool is_null, struct slice value,
                                              struct slice tenant);

/* The text of a Parse holds the tenant: no session of another one may share what it prepares. */
bool sql_plan_is_tenants_own(const struct sql_plan *plan);

/* The text is sent as it came: what parameters it has, only the server knows. */
bool sql_plan_is_verbatim(const struct sql_plan *plan);

/* Field P of the server's ErrorResponse, in characters of the text that was sent for this tenant,
 * as a position in the client's text; 0 when unknown. */
int32_t sql_plan_client_position(const struct sql_plan *plan, struct slice tenant,
                                 int32_t emitted_position);

/* The proof of the rewritten text failed (verdict SQL_REFUSE): a bug of ours to count and log. */
bool sql_plan_proof_failed(const struct sql_plan *plan);

/* What was done and why, for people: one line each, such as "public.orders o: guard in WHERE". */
size_t sql_plan_num_notes(const struct sql_plan *plan);
const char *sql_plan_note(const struct sql_plan *plan, size_t note);

/* Bytes the plan holds, for the cache's budget. */
size_t sql_plan_memory(const struct sql_plan *plan);

#endif
