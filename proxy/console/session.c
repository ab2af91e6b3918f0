/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an operator's connection, and what its user may do. Rights are looked up for each
 * command, so that whoever is taken from the users files loses them with the reload. */
#include "proxy/console/session.h"

#include <stdlib.h>
#include <unistd.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/scram_server.h"
#include "proxy/console/tour.h"
#include "proxy/log.h"
#include "proxy/net/owner.h"
#include "proxy/pg/outgoing.h"

#define SESSION_TAG   0x636f6e73U /* "cons" */
#define SESSIONS_MAX  32U
#define MESSAGE_MAX   ((size_t)64 * 1024)
#define ANSWER_MAX    ((size_t)64 * 1024 * 1024) /* unsent: SHOW CLIENTS of 100,000 */
#define FATAL_ROOM    ((size_t)512)
#define FLUSH_TIME_US INT64_C(2000000)

static struct console_session *session_from(struct stream *stream)
{
    struct console_session *s = owner_of(stream, struct console_session, stream);
    check(s->tag == SESSION_TAG);
    return s;
}

static void on_input(struct stream *stream)
{
    static void (*const steps[])(struct console_session * s) = {
        [CONSOLE_STARTUP] = console_session_startup,
        [CONSOLE_SASL] = console_session_sasl,
        [CONSOLE_PROOF] = console_session_proof,
        [CONSOLE_READY] = console_session_requests,
    };
    struct console_session *s = session_from(stream);
    enum console_state state = CONSOLE_CLOSED;
    while (s->state != state && s->state != CONSOLE_CLOSED) {
        state = s->state;
        steps[state](s);
    }
}

static void on_drained(struct stream *stream)
{
    struct console_session *s = session_from(stream);
    if (s->state != CONSOLE_CLOSED && s->tour == NULL) {
        stream_resume(&s->stream);
    }
}

static void release(struct console_session *s)
{
    deadline_disarm(&s->login);
    tour_forget(&s->tour);
    if (s->scram != NULL) {
        scram_server_fini(s->scram);
        free(s->scram);
    }
    while (!LIST_EMPTY(&s->prepared)) {
        struct console_prepared *first = LIST_FIRST(&s->prepared);
        LIST_REMOVE(first, entry);
        free(first);
    }
    TAILQ_REMOVE(&s->console->sessions, s, entry);
    s->console->num_sessions--;
    s->tag = 0;
    free(s);
}

static void run_release(struct worker_deferred *deferred)
{
    release(owner_of(deferred, struct console_session, deferred));
}

static void on_closed(struct stream *stream, enum stream_end end, int error)
{
    (void)end;
    (void)error;
    struct console_session *s = session_from(stream);
    s->state = CONSOLE_CLOSED;
    deadline_disarm(&s->login);
    tour_forget(&s->tour);
    stream_close(&s->stream);
    worker_defer(s->console->worker, &s->deferred, run_release);
}

/* It left while it was not read: whatever it waited for is of no use. */
static void on_hangup(struct stream *stream)
{
    if (session_from(stream)->state != CONSOLE_CLOSED) {
        on_closed(stream, STREAM_EOF, 0);
    }
}

static const struct stream_ops callbacks = {
    .on_input = on_input,
    .on_drained = on_drained,
    .on_closed = on_closed,
    .on_hangup = on_hangup,
};

static void on_login_timeout(struct deadline *d)
{
    console_session_close(owner_of(d, struct console_session, login));
}

void console_session_open(struct console *console, int fd, const char *peer)
{
    if (console->num_sessions >= SESSIONS_MAX) {
        log_event(LOG_CONSOLE_REFUSED, log_text("client", peer),
                  log_text("reason", "too many sessions"));
        (void)close(fd);
        return;
    }
    const struct config *config = snapshot_config(console->host.snapshot(console->host.context));
    struct console_session *s = mem_new(sizeof *s);
    s->tag = SESSION_TAG;
    s->console = console;
    s->id = ++console->last_session;
    LIST_INIT(&s->prepared);
    TAILQ_INSERT_TAIL(&console->sessions, s, entry);
    console->num_sessions++;
    stream_init(&s->stream, console->worker, fd, &callbacks, MESSAGE_MAX);
    stream_set_max_out(&s->stream, ANSWER_MAX);
    deadline_init(&s->login, on_login_timeout);
    deadline_arm(console->worker, &s->login,
                 console->worker->now_us + config->limits.login_timeout_us);
}

/* What was written is still sent; on_closed releases the session. */
void console_session_close(struct console_session *s)
{
    if (s->state == CONSOLE_CLOSED) {
        return;
    }
    s->state = CONSOLE_CLOSED;
    deadline_disarm(&s->login);
    stream_close_after_flush(&s->stream, s->console->worker->now_us + FLUSH_TIME_US);
}

void console_session_fail(struct console_session *s, const char *sqlstate, const char *message)
{
    const struct pg_report report = {
        .kind = PG_REPORT_FATAL, .sqlstate = sqlstate, .message = slice_text(message)};
    struct outgoing out;
    if (s->state == CONSOLE_CLOSED) {
        return;
    }
    log_event(LOG_CONSOLE_REFUSED, log_number("console", (int64_t)s->id), log_text("user", s->user),
              log_text("reason", message));
    if (outgoing_begin(&out, &s->stream, FATAL_ROOM)) {
        pg_write_report(&out.writer, &report);
        check(outgoing_end(&out));
    }
    console_session_close(s);
}

void console_session_free(struct console_session *s)
{
    stream_close(&s->stream);
    release(s);
}

bool console_session_right(const struct console_session *s, enum config_right *out)
{
    const struct console_host *host = &s->console->host;
    for (int right = CONFIG_RIGHTS - 1; right >= 0; right--) { /* who is in both may write */
        const struct users *users =
            snapshot_console_users(host->snapshot(host->context), (enum config_right)right);
        if (users != NULL && users_find(users, slice_text(s->user)) != NULL) {
            *out = (enum config_right)right;
            return true;
        }
    }
    return false;
}
