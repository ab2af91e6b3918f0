/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a server connection. Where it connects, how it logs in (link_login.c) and what its
 * bytes mean in each state; who has it and when it may be lent is decided by its owner. Invariant:
 * a link that is IDLE owes nothing, has no open batch and its server said ReadyForQuery 'I'. */
#include "proxy/pg/link.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/net/owner.h"
#include "proxy/net/stream_tls.h"
#include "proxy/pg/link_login.h"
#include "proxy/pg/statement_map.h"

#define LINK_TAG 0x6c696e6bU /* "link" */
/* Answers are relayed as they come; what must be whole (errors, descriptions) may be this large. */
#define LINK_MESSAGE_MAX ((size_t)96 * 1024 * 1024)
/* Rewritten statements of the largest size, with others before them. */
#define LINK_OUT_MAX ((size_t)256 * 1024 * 1024)

static const char *const state_names[LINK_STATES] = {
    [LINK_CONNECTING] = "connecting",
    [LINK_LOGIN] = "login",
    [LINK_IDLE] = "idle",
    [LINK_LENT] = "lent",
    [LINK_SCRUBBING] = "scrubbing",
    [LINK_HELD] = "held",
    [LINK_CLOSED] = "closed",
};

#define TO(state) (1U << LINK_##state)
static const unsigned legal_moves[LINK_STATES] = {
    [LINK_CONNECTING] = TO(LOGIN) | TO(CLOSED),
    [LINK_LOGIN] = TO(IDLE) | TO(CLOSED),
    [LINK_IDLE] = TO(LENT) | TO(CLOSED),
    [LINK_LENT] = TO(IDLE) | TO(SCRUBBING) | TO(HELD) | TO(CLOSED),
    [LINK_SCRUBBING] = TO(IDLE) | TO(CLOSED),
    [LINK_HELD] = TO(IDLE) | TO(SCRUBBING) | TO(CLOSED),
    [LINK_CLOSED] = 0,
};
#undef TO

const char *link_state_name(enum link_state state)
{
    check(state < LINK_STATES);
    return state_names[state];
}

void link_enter(struct link *link, enum link_state state)
{
    check(link->tag == LINK_TAG);
    check((legal_moves[link->state] & (1U << state)) != 0);
    link->state = state;
}

static struct link *link_from(struct stream *stream)
{
    struct link *link = owner_of(stream, struct link, stream);
    check(link->tag == LINK_TAG && link->state != LINK_CLOSED);
    return link;
}

static void on_input(struct stream *stream)
{
    struct link *link = link_from(stream);
    if (link->state == LINK_LOGIN) {
        link_login_input(link);
    } else {
        link->ops->input(link);
    }
}

static void on_drained(struct stream *stream)
{
    struct link *link = link_from(stream);
    link->ops->drained(link);
}

static const char *reason_of(enum stream_end end, int error)
{
    switch (end) {
    case STREAM_EOF:
        return "the server closed the connection";
    case STREAM_TOO_LARGE:
        return "a message of the server is too large";
    case STREAM_RESET:
    case STREAM_CONNECT_FAILED:
        return strerrordesc_np(error);
    case STREAM_FLUSHED:
        break;
    }
    return "closed";
}

static void on_closed(struct stream *stream, enum stream_end end, int error)
{
    struct link *link = link_from(stream);
    if (end == STREAM_CONNECT_FAILED && dial_again(&link->dial)) {
        stream_close(stream);
        return;
    }
    const char *failure = stream_tls_failure(stream);
    link_fail(link, failure[0] != '\0' ? failure : reason_of(end, error));
}

/* A server that closes while it is not read: what it said before is still to be read. */
static void on_hangup(struct stream *stream)
{
    (void)link_from(stream);
}

static void on_connected(struct stream *stream)
{
    struct link *link = link_from(stream);
    dial_connected(&link->dial);
    link_enter(link, LINK_LOGIN);
    link_login_begin(link);
}

static const struct stream_ops stream_callbacks = {
    .on_input = on_input,
    .on_drained = on_drained,
    .on_closed = on_closed,
    .on_connected = on_connected,
    .on_hangup = on_hangup,
};

static void on_deadline(struct deadline *d)
{
    struct link *link = owner_of(d, struct link, deadline);
    check(link->tag == LINK_TAG);
    link_fail(link, "the server did not answer in time");
}

static struct link *dialing(struct dial *dial)
{
    struct link *link = owner_of(dial, struct link, dial);
    check(link->tag == LINK_TAG && link->state != LINK_CLOSED);
    return link;
}

static void connect_to(struct dial *dial, const struct address *address)
{
    struct link *link = dialing(dial);
    stream_close(&link->stream);
    stream_connect(&link->stream, link->worker, (const struct sockaddr *)&address->storage,
                   address->len, &stream_callbacks, LINK_MESSAGE_MAX);
    stream_set_max_out(&link->stream, LINK_OUT_MAX);
}

static void has_no_address(struct dial *dial, const char *reason)
{
    link_fail(dialing(dial), reason);
}

static void has_moved(struct dial *dial)
{
    link_set_stale(dialing(dial));
}

static const struct dial_ops dial_callbacks = {
    .connect = connect_to, .failed = has_no_address, .moved = has_moved};

void link_set_stale(struct link *link)
{
    if (!link->is_stale) {
        link->is_stale = true;
        if (link->ops->stale != NULL) {
            link->ops->stale(link);
        }
    }
}

struct link *link_open(struct worker *worker, const struct link_target *target,
                       const struct link_ops *ops, void *owner)
{
    struct link *link = mem_new(sizeof *link);
    link->tag = LINK_TAG;
    link->worker = worker;
    link->target = target;
    link->ops = ops;
    link->owner = owner;
    link->ready = PG_READY_IDLE;
    owed_init(&link->owed);
    link->login = link_login_new();
    const struct config_upstream *upstream = target->upstream;
    link->endpoint = target->endpoint;
    const struct config_address *address =
        &upstream->endpoints[link->endpoint % upstream->num_endpoints];
    link->address = mem_copy_string(address->text, strlen(address->text));
    deadline_init(&link->deadline, on_deadline);
    deadline_arm(worker, &link->deadline, worker->now_us + upstream->pool.connect_timeout_us);
    dial_begin(&link->dial, worker, address, upstream->dns_ttl_us,
               upstream->pool.connect_timeout_us, &dial_callbacks);
    return link;
}

static void free_link(struct worker_deferred *deferred)
{
    struct link *link = owner_of(deferred, struct link, deferred);
    check(link->tag == LINK_TAG && link->state == LINK_CLOSED && link->session == NULL);
    struct owed_note note;
    while (owed_take_any(&link->owed, &note)) {
        owed_note_fini(&note);
    }
    owed_fini(&link->owed);
    link_statements_clear(&link->statements);
    link_replay_fini(&link->replay);
    statement_unref(&link->unnamed.statement);
    link->tag = 0;
    free(link->address);
    free(link);
}

void link_close(struct link *link)
{
    check(link->tag == LINK_TAG);
    if (link->state == LINK_CLOSED) {
        return;
    }
    link_enter(link, LINK_CLOSED);
    deadline_disarm(&link->deadline);
    dial_end(&link->dial);
    stream_close(&link->stream);
    link_login_free(&link->login);
    worker_defer(link->worker, &link->deferred, free_link);
}

void link_fail(struct link *link, const char *reason)
{
    if (link->state == LINK_CLOSED) {
        return;
    }
    log_event(LOG_LINK_CLOSED, log_text("upstream", link->target->upstream->name),
              log_text("state", link_state_name(link->state)), log_text("reason", reason));
    dial_suspect(&link->dial);
    link->ops->gone(link, reason);
    link_close(link);
}

struct server_parameters *link_parameters(struct link *link)
{
    return link_login_parameters(link->login);
}
