/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors of our own. A session without a link is answered at once. One that has a link may be in
 * a transaction or in the middle of a pipeline: the server is then sent a text that no version of
 * PostgreSQL can parse, so that the transaction fails and messages are skipped by the server's own
 * rules, and the client gets our words in the place of the server's. */
#include <string.h>

#include "policy/sql/plan.h"
#include "policy/sql/reserved.h"
#include "protocol/check.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/message_request.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/protocol.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/refusal.h"
#include "proxy/pg/session_parts.h"

/* No statement begins with a name and goes on with two more. */
#define FAILING_TEXT "ringfence refused this"
#define FAILING_NAME SQL_RESERVED_PREFIX "refused"
#define FAILING_ROOM ((size_t)64)
#define READY_ROOM   ((size_t)8)

static enum metric metric_of(const char *sqlstate)
{
    static const struct {
        char class[3];
        enum metric metric;
    } classes[] = {
        {"08", METRIC_REFUSED_08}, {"0A", METRIC_REFUSED_0A}, {"28", METRIC_REFUSED_28},
        {"42", METRIC_REFUSED_42}, {"53", METRIC_REFUSED_53}, {"54", METRIC_REFUSED_54},
        {"57", METRIC_REFUSED_57},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (memcmp(sqlstate, classes[i].class, 2) == 0) {
            return classes[i].metric;
        }
    }
    return METRIC_REFUSED_OTHER;
}

static void count(struct session *s, const struct refusal *refusal)
{
    metrics_add(s->metrics, METRIC_QUERIES_REFUSED, 1);
    metrics_add(s->metrics, metric_of(refusal->sqlstate), 1);
    if (strcmp(refusal->sqlstate, "42P01") == 0) {
        protocol_want_catalog(s->pg->worker); /* it may have been created since */
    }
    log_event(LOG_STATEMENT_REFUSED, log_number("session", (int64_t)s->id),
              log_slice("tenant", session_tenant(s)), log_text("sqlstate", refusal->sqlstate));
}

static void answer_here(struct session *s, enum pg_reply_kind asked_by,
                        const struct refusal *refusal)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, refusal_room(refusal) + READY_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    refusal_write(refusal, &out.writer);
    if (asked_by == PG_REPLY_QUERY) {
        pg_write_ready(&out.writer, PG_READY_IDLE);
    } else {
        s->skips = true;
    }
    check(outgoing_end(&out));
}

static void ask_for_an_error(struct session *s, enum pg_reply_kind asked_by,
                             struct refusal **refusal)
{
    struct link *link = s->link;
    struct owed_note note = {.refusal = *refusal};
    *refusal = NULL;
    enum pg_reply_kind kind = asked_by == PG_REPLY_QUERY ? PG_REPLY_QUERY : PG_REPLY_PARSE;
    struct outgoing out;
    if (owed_push(&link->owed, kind, OWED_REFUSED, &note) != PG_REPLY_QUEUED ||
        !outgoing_begin(&out, &link->stream, FAILING_ROOM)) {
        session_close(s, CLOSE_PROTOCOL);
        return;
    }
    if (kind == PG_REPLY_QUERY) {
        pg_write_query(&out.writer, slice_text(FAILING_TEXT));
        statement_unref(&link->unnamed.statement);
    } else {
        const struct pg_parse_types none = {.num_params = 0};
        pg_write_parse(&out.writer, slice_text(FAILING_NAME), slice_text(FAILING_TEXT), &none);
    }
    check(outgoing_end(&out));
    session_answer_local(s);
}

void session_refuse(struct session *s, enum pg_reply_kind asked_by, struct refusal **refusal)
{
    count(s, *refusal);
    if (s->link == NULL) {
        answer_here(s, asked_by, *refusal);
    } else {
        ask_for_an_error(s, asked_by, refusal);
    }
    refusal_free(refusal);
}
