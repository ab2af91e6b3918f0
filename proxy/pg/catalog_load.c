/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the catalogue of an upstream over a link of its own (query_link.c). One query after the
 * other, every row to the builder; what the builder objects to is a failure. Whether isolation fits
 * the database is asked by who gets the catalogue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/builder.h"
#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/message_request.h"
#include "proxy/catalogs.h"
#include "proxy/net/encryption.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "proxy/pg/catalog_watch.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg.h"
#include "proxy/pg/query_answer.h"
#include "proxy/pg/query_link.h"

#define LOAD_TAG     0x6c6f6164U       /* "load" */
#define QUERIES_US   INT64_C(60000000) /* for all of them */
#define FIELDS_MAX   ((size_t)32)
#define FAILURE_MAX  ((size_t)512)
#define WAIT_TURN_US INT64_C(100000)

struct catalog_load {
    uint32_t tag;
    struct snapshot *snapshot; /* shares; holds the link's upstream */
    struct query_link link;
    struct worker *worker;
    struct worker_deferred deferred;
    struct catalog_builder *builder; /* owns */
    enum catalog_query query;
    bool has_error; /* of this query; ReadyForQuery follows */
    catalog_loaded_fn *loaded;
    void *context;
    char failure[FAILURE_MAX];
};

static struct catalog_load *load_of(struct query_link *link)
{
    struct catalog_load *load = owner_of(link, struct catalog_load, link);
    check(load->tag == LOAD_TAG);
    return load;
}

static void free_load(struct worker_deferred *deferred)
{
    struct catalog_load *load = owner_of(deferred, struct catalog_load, deferred);
    check(load->tag == LOAD_TAG);
    catalog_builder_free(&load->builder);
    snapshot_unref(&load->snapshot);
    query_link_fini(&load->link);
    load->tag = 0;
    free(load);
}

static void release(struct catalog_load *load)
{
    query_link_close(&load->link);
    worker_defer(load->worker, &load->deferred, free_load);
}

static void set_failure(struct catalog_load *load, const char *text)
{
    (void)snprintf(load->failure, sizeof load->failure, "%s", text);
}

static void fail(struct catalog_load *load, const char *reason)
{
    if (load->failure[0] == '\0') {
        set_failure(load, reason);
    }
    struct catalog *none = NULL;
    release(load);
    load->loaded(load->context, &none, load->failure);
}

static void send_query(struct catalog_load *load)
{
    const struct config_row *row = &snapshot_config(load->snapshot)->row;
    char *text = catalog_query_text(load->query, row->schemas, row->num_schemas);
    struct outgoing out;
    bool is_sent = query_link_begin(&load->link, &out, strlen(text) + 16);
    if (is_sent) {
        pg_write_query(&out.writer, slice_text(text));
        is_sent = outgoing_end(&out);
    }
    free(text);
    if (!is_sent) {
        fail(load, "out of memory");
    }
}

static void on_ready(struct query_link *link)
{
    struct catalog_load *load = load_of(link);
    load->builder = catalog_builder_new();
    query_link_limit(link, load->worker->now_us + QUERIES_US);
    send_query(load);
}

/* False: the row is not what the query asks for, or the builder objects (and says why at last). */
static bool take_row(struct catalog_load *load, struct slice body)
{
    struct slice fields[FIELDS_MAX];
    size_t num_fields = 0;
    return query_answer_fields(body, fields, FIELDS_MAX, &num_fields) &&
           catalog_builder_row(load->builder, load->query, fields, num_fields) == CATALOG_OK;
}

static void take_error(struct catalog_load *load, struct slice body)
{
    load->has_error = true;
    query_answer_error(body, "the server refused a catalogue query", load->failure,
                       sizeof load->failure);
}

static void finish(struct catalog_load *load)
{
    struct catalog *catalog = NULL;
    if (catalog_builder_finish(&load->builder, &catalog, load->failure, sizeof load->failure) !=
        CATALOG_OK) {
        fail(load, "the catalogue is inconsistent");
        return;
    }
    release(load);
    load->loaded(load->context, &catalog, NULL);
    catalog_free(&catalog);
}

static void next_query(struct catalog_load *load)
{
    if (load->has_error) {
        fail(load, "the server refused a catalogue query");
        return;
    }
    load->query++;
    if (load->query == CATALOG_QUERY_COUNT) {
        finish(load);
    } else {
        send_query(load);
    }
}

static void on_message(struct query_link *link, const struct pg_frame *frame)
{
    struct catalog_load *load = load_of(link);
    switch (frame->type) {
    case 'D':
        if (!load->has_error && !take_row(load, frame->body)) {
            finish(load); /* the builder knows what is wrong with it */
        }
        return;
    case 'E':
        take_error(load, frame->body);
        return;
    case 'Z':
        next_query(load);
        return;
    case 'T':
    case 'C':
        return;
    default:
        fail(load, "unexpected message of the server");
    }
}

static void on_failed(struct query_link *link, const char *reason)
{
    fail(load_of(link), reason);
}

static const struct query_link_ops callbacks = {
    .ready = on_ready, .message = on_message, .failed = on_failed};

static void *start(struct worker *worker, struct snapshot *snapshot,
                   const struct config_upstream *upstream, catalog_loaded_fn *loaded, void *context)
{
    struct catalog_load *load = mem_new(sizeof *load);
    load->tag = LOAD_TAG;
    load->snapshot = snapshot_ref(snapshot);
    load->worker = worker;
    load->loaded = loaded;
    load->context = context;
    query_link_init(&load->link, worker, upstream, encryption_of_upstream(snapshot, upstream),
                    &callbacks);
    query_link_open(&load->link);
    return load;
}

static void stop(void *state)
{
    struct catalog_load *load = state;
    check(load->tag == LOAD_TAG);
    release(load);
}

const struct catalog_load_ops pg_catalog_load_ops = {
    .start = start, .stop = stop, .watch = pg_catalog_watch, .unwatch = pg_catalog_unwatch};

/* What a blocking load waits for. */
struct waiting {
    bool is_done;
    struct catalog *catalog;
    char *message;
    size_t cap;
};

static void note_loaded(void *context, struct catalog **catalog, const char *failure)
{
    struct waiting *waiting = context;
    waiting->is_done = true;
    waiting->catalog = *catalog;
    *catalog = NULL;
    (void)snprintf(waiting->message, waiting->cap, "%s", failure == NULL ? "" : failure);
}

bool pg_catalog_load_now(struct snapshot *snapshot, const struct config_upstream *upstream,
                         struct catalog **out, char *message, size_t cap)
{
    struct waiting waiting = {.message = message, .cap = cap};
    struct worker *worker = worker_new(0);
    *out = NULL;
    if (worker == NULL) {
        (void)snprintf(message, cap, "out of file descriptors");
        return false;
    }
    (void)start(worker, snapshot, upstream, note_loaded, &waiting);
    while (!waiting.is_done) {
        worker_turn(worker, WAIT_TURN_US);
    }
    worker_free(&worker);
    *out = waiting.catalog;
    return waiting.catalog != NULL;
}
