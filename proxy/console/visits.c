/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs on each worker's thread in turn, where its sessions and links may be looked at and closed.
 * Shows no text of a statement and no value: what sessions are, not what they say. */
#include "proxy/console/visits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy/config/config.h"
#include "policy/sql/effect.h"
#include "proxy/console/show.h"
#include "proxy/net/stream_peer.h"
#include "proxy/net/stream_tls.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_pool.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session.h"
#include "proxy/pg/session_login.h"
#include "proxy/pg/settings.h"

#define US_PER_SECOND INT64_C(1000000)
#define PRINTED_SIZE  160

/* address_print's text as host and port. */
static void put_address(struct console_rows *rows, const struct address *address)
{
    char text[PRINTED_SIZE];
    address_print(address, text, sizeof text);
    char *colon = strrchr(text, ':');
    if (strncmp(text, "unix", 4) == 0 || colon == NULL) {
        console_rows_text(rows, "unix");
        console_rows_text(rows, NULL);
        return;
    }
    *colon = '\0';
    console_rows_text(rows, text);
    console_rows_text(rows, colon + 1);
}

/* addr, port, local_addr, local_port */
static void put_ends(struct console_rows *rows, const struct stream *stream)
{
    struct address own;
    struct address peer;
    if (!stream_ends(stream, &own, &peer)) {
        for (int i = 0; i < 4; i++) {
            console_rows_text(rows, NULL);
        }
        return;
    }
    put_address(rows, &peer);
    put_address(rows, &own);
}

/* A moment of the worker's clock as PgBouncer writes it; 0: NULL. */
static void put_time(const struct tour *tour, struct console_rows *rows, int64_t at_us)
{
    time_t at_s = (time_t)tour->now_s - (time_t)((tour->now_us - at_us) / US_PER_SECOND);
    struct tm tm;
    char text[32];
    if (at_us == 0 || gmtime_r(&at_s, &tm) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0) {
        console_rows_text(rows, NULL);
        return;
    }
    console_rows_text(rows, text);
}

static void put_hex(struct console_rows *rows, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIx64, number);
    console_rows_text(rows, text);
}

static const char *client_state(const struct session *s)
{
    switch (s->state) {
    case SESSION_IDLE:
    case SESSION_ACTIVE:
        return "active"; /* as PgBouncer calls whoever does not wait */
    case SESSION_WAITING:
        return "waiting";
    case SESSION_STARTUP:
    case SESSION_VERIFIER:
    case SESSION_SASL:
    case SESSION_PROOF:
    case SESSION_PASSWORD:
    case SESSION_CHECKING:
    case SESSION_GREETING:
        return "login";
    case SESSION_FLUSHING:
    case SESSION_CLOSED:
    case SESSION_STATES:
        break;
    }
    return "closing";
}

static void put_wait(const struct tour *tour, struct console_rows *rows, int64_t since_us)
{
    int64_t wait_us = since_us == 0 || since_us > tour->now_us ? 0 : tour->now_us - since_us;
    console_rows_number(rows, wait_us / US_PER_SECOND);
    console_rows_number(rows, wait_us % US_PER_SECOND);
}

static const char *tls_of(const struct stream *stream)
{
    return stream_is_encrypted(stream) ? "TLS" : "";
}

static void put_client(const struct tour *tour, struct console_rows *rows, const struct session *s)
{
    const char *name =
        s->settings == NULL ? NULL : settings_value(s->settings, slice_text("application_name"));
    console_rows_text(rows, "C");
    console_rows_text(rows, tally_name(s->counted[TALLY_USER]));
    console_rows_text(rows, s->upstream == NULL ? NULL : s->upstream->name);
    console_rows_text(rows, "none"); /* replication */
    console_rows_text(rows, client_state(s));
    put_ends(rows, &s->stream);
    console_rows_text(rows, NULL); /* when it connected is in the log */
    put_time(tour, rows, s->began_us);
    put_wait(tour, rows, s->asked_us);
    console_rows_number(rows, s->must_end ? 1 : 0);
    put_hex(rows, s->id);
    if (s->link == NULL) {
        console_rows_text(rows, "");
        console_rows_number(rows, 0);
    } else {
        put_hex(rows, s->link->process_id);
        console_rows_number(rows, s->link->process_id);
    }
    console_rows_text(rows, tls_of(&s->stream));
    console_rows_text(rows, name);
    console_rows_number(rows, 0); /* names of statements are not counted */
    console_rows_number(rows, (int64_t)s->id);
    console_rows_slice(rows, session_tenant(s));
    console_rows_text(rows, s->is_pinned ? sql_effect_pin(s->pin) : NULL);
}

void console_visit_clients(struct tour *tour, struct pg_worker *pg)
{
    const struct session *s;
    TAILQ_FOREACH(s, &pg->sessions, entry)
    {
        if (s->state != SESSION_CLOSED) {
            put_client(tour, &tour->rows, s);
        }
    }
}

static const char *server_state(const struct link *link)
{
    switch (link->state) {
    case LINK_CONNECTING:
    case LINK_LOGIN:
        return "login";
    case LINK_IDLE:
        return "idle";
    case LINK_LENT:
        return "active";
    case LINK_SCRUBBING:
        return "tested";
    case LINK_HELD:
        return "being_canceled";
    case LINK_CLOSED:
    case LINK_STATES:
        break;
    }
    return "closing";
}

static void put_server(const struct tour *tour, struct console_rows *rows,
                       const struct pg_upstream *upstream, const struct link *link)
{
    console_rows_text(rows, "S");
    console_rows_text(rows, upstream->target.upstream->user);
    console_rows_text(rows, upstream->name);
    console_rows_text(rows, "none");
    console_rows_text(rows, server_state(link));
    put_ends(rows, &link->stream);
    put_time(tour, rows, link->pooled.born_us);
    console_rows_text(rows, NULL);
    put_wait(tour, rows, 0);
    console_rows_number(rows, link->is_stale ? 1 : 0);
    put_hex(rows, link->process_id);
    if (link->session == NULL) {
        console_rows_text(rows, "");
    } else {
        put_hex(rows, link->session->id);
    }
    console_rows_number(rows, link->process_id);
    console_rows_text(rows, tls_of(&link->stream));
    console_rows_text(rows, NULL);
    console_rows_number(rows, (int64_t)link_statements_count(&link->statements));
    console_rows_number(rows, link->process_id);
    if (link->session == NULL) {
        console_rows_text(rows, NULL);
    } else {
        console_rows_slice(rows, session_tenant(link->session));
    }
    console_rows_text(rows, NULL);
}

void console_visit_servers(struct tour *tour, struct pg_worker *pg)
{
    for (const struct pg_upstream *u = pg->upstreams; u != NULL; u = u->next) {
        const struct link *link;
        LIST_FOREACH(link, &u->links, entry)
        {
            put_server(tour, &tour->rows, u, link);
        }
    }
}

static const struct console_column columns[] = {
    CONSOLE_TEXT("type"),
    CONSOLE_TEXT("user"),
    CONSOLE_TEXT("database"),
    CONSOLE_TEXT("replication"),
    CONSOLE_TEXT("state"),
    CONSOLE_TEXT("addr"),
    CONSOLE_NUMBER("port"),
    CONSOLE_TEXT("local_addr"),
    CONSOLE_NUMBER("local_port"),
    CONSOLE_TEXT("connect_time"),
    CONSOLE_TEXT("request_time"),
    CONSOLE_NUMBER("wait"),
    CONSOLE_NUMBER("wait_us"),
    CONSOLE_NUMBER("close_needed"),
    CONSOLE_TEXT("ptr"),
    CONSOLE_TEXT("link"),
    CONSOLE_NUMBER("remote_pid"),
    CONSOLE_TEXT("tls"),
    CONSOLE_TEXT("application_name"),
    CONSOLE_NUMBER("prepared_statements"),
    CONSOLE_NUMBER("id"),
    CONSOLE_TEXT("tenant"),
    CONSOLE_TEXT("pin"),
};
const struct console_show console_show_clients = {CONSOLE_COLUMNS(columns), .fill = NULL};
const struct console_show console_show_servers = {CONSOLE_COLUMNS(columns), .fill = NULL};

/* Changes. */

static bool is_about_session(const struct tour *tour, const struct session *s)
{
    return tour_is_about_tenant(tour, session_tenant(s)) ||
           (s->upstream != NULL &&
            tour_is_about_upstream(tour, s->upstream->target.upstream->name));
}

void console_visit_kill(struct tour *tour, struct pg_worker *pg)
{
    struct session *next;
    for (struct session *s = TAILQ_FIRST(&pg->sessions); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        if (s->state != SESSION_FLUSHING && is_about_session(tour, s)) {
            session_close(s, CLOSE_KILLED);
        }
    }
    console_visit_reconnect(tour, pg);
}

void console_visit_reconnect(struct tour *tour, struct pg_worker *pg)
{
    for (struct pg_upstream *u = pg->upstreams; u != NULL; u = u->next) {
        if (tour_is_about_upstream(tour, u->target.upstream->name)) {
            pool_retire(&u->pool);
        }
    }
}
