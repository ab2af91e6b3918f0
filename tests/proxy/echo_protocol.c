/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. Runs on the server's threads; its counters are atomic. */
#include "tests/proxy/echo_protocol.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/deadline.h"
#include "proxy/net/owner.h"
#include "proxy/net/stream.h"

TAILQ_HEAD(session_list, session);

struct state {
    struct worker *worker;
    struct session_list sessions;
    bool is_draining;
};

struct session {
    struct stream stream;
    struct state *state;
    TAILQ_ENTRY(session) entry;
    struct worker_deferred deferred;
    bool is_held;
};

static _Atomic unsigned num_refreshes;

static void free_session(struct worker_deferred *deferred)
{
    free(owner_of(deferred, struct session, deferred));
}

static void end_session(struct session *s)
{
    TAILQ_REMOVE(&s->state->sessions, s, entry);
    stream_close(&s->stream);
    protocol_session_ended(s->state->worker);
    worker_defer(s->state->worker, &s->deferred, free_session);
}

static void on_input(struct stream *stream)
{
    struct session *s = owner_of(stream, struct session, stream);
    struct slice in = stream_input(stream);
    s->is_held =
        slice_equal(in, slice_text("hold")) || (s->is_held && !slice_equal(in, slice_text("free")));
    check(stream_write(stream, in));
    stream_consume(stream, in.len);
    if (s->state->is_draining && !s->is_held) {
        stream_close_after_flush(stream, s->state->worker->now_us + 1000000);
    }
}

static void on_closed(struct stream *stream, enum stream_end end, int error)
{
    (void)end;
    (void)error;
    end_session(owner_of(stream, struct session, stream));
}

static const struct stream_ops stream_ops = {.on_input = on_input, .on_closed = on_closed};

static void *state_open(struct worker *worker, void *shared)
{
    check(shared != NULL && worker->snapshot != NULL);
    struct state *state = mem_new(sizeof *state);
    state->worker = worker;
    TAILQ_INIT(&state->sessions);
    return state;
}

static void state_accept(void *arg, const struct incoming *incoming)
{
    struct state *state = arg;
    struct session *s = mem_new(sizeof *s);
    char hello[64];
    s->state = state;
    TAILQ_INSERT_TAIL(&state->sessions, s, entry);
    stream_init(&s->stream, state->worker, incoming->fd, &stream_ops, 1024);
    int len = snprintf(hello, sizeof hello, "%s %zu", incoming->over_limit ? "full" : "hello",
                       snapshot_config(incoming->snapshot)->num_tenants);
    check(stream_write(&s->stream, slice_of(hello, (size_t)len)));
    check(incoming->peer == PEER_UNIX);
}

static void state_refresh(void *arg)
{
    (void)arg;
    atomic_fetch_add(&num_refreshes, 1);
}

static void state_drain(void *arg, bool waits)
{
    (void)waits;
    struct state *state = arg;
    struct session *s = NULL;
    state->is_draining = true;
    TAILQ_FOREACH(s, &state->sessions, entry)
    {
        if (!s->is_held) {
            stream_close_after_flush(&s->stream, state->worker->now_us + 1000000);
        }
    }
}

static void state_stop(void *arg)
{
    struct state *state = arg;
    while (!TAILQ_EMPTY(&state->sessions)) {
        end_session(TAILQ_FIRST(&state->sessions));
    }
}

static void *share(unsigned num_workers)
{
    return mem_new(num_workers);
}

const struct protocol_ops echo_protocol = {
    .name = "echo",
    .share = share,
    .unshare = free,
    .open = state_open,
    .accept = state_accept,
    .refresh = state_refresh,
    .drain = state_drain,
    .stop = state_stop,
    .close = free,
};

static _Atomic bool catalog_works;

struct load {
    struct deadline deadline;
    catalog_loaded_fn *loaded;
    void *context;
};

static char *text(const char *s)
{
    return mem_copy_string(s, strlen(s));
}

/* One tenant table, public.t(tenant_id). */
static struct catalog *make_catalog(void)
{
    struct catalog *catalog = mem_new(sizeof *catalog);
    catalog->server_version_num = 150004;
    catalog->server_encoding = text("UTF8");
    catalog->database = text("app");
    catalog->role = text("app_rw");
    catalog->relations = mem_new(sizeof *catalog->relations);
    catalog->num_relations = 1;
    struct catalog_relation *t = &catalog->relations[0];
    t->schema = text("public");
    t->name = text("t");
    t->columns = mem_new(sizeof *t->columns);
    t->num_columns = 1;
    t->columns[0].name = text("tenant_id");
    t->columns[0].attnum = 1;
    t->columns[0].type_oid = 25;
    t->columns[0].type_name = text("pg_catalog.text");
    return catalog;
}

static void finish_load(struct deadline *d)
{
    struct load *load = owner_of(d, struct load, deadline);
    struct catalog *catalog = NULL;
    if (atomic_load(&catalog_works)) {
        catalog = make_catalog();
    }
    load->loaded(load->context, &catalog, "refused");
    free(load);
}

static void *load_start(struct worker *worker, struct snapshot *snapshot,
                        const struct config_upstream *upstream, catalog_loaded_fn *loaded,
                        void *context)
{
    check(snapshot != NULL && upstream->protocol == CONFIG_POSTGRES);
    struct load *load = mem_new(sizeof *load);
    load->loaded = loaded;
    load->context = context;
    deadline_init(&load->deadline, finish_load);
    deadline_arm(worker, &load->deadline, worker->now_us + 1000);
    return load;
}

static void load_stop(void *arg)
{
    struct load *load = arg;
    deadline_disarm(&load->deadline);
    free(load);
}

const struct catalog_load_ops echo_catalog_load = {.start = load_start, .stop = load_stop};

void echo_catalog_set_works(bool works)
{
    atomic_store(&catalog_works, works);
}

unsigned echo_num_refreshes(void)
{
    return atomic_load(&num_refreshes);
}
