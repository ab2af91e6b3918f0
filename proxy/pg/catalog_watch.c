/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks every few seconds whether the tables of an upstream have changed: one short query, whose
 * answer is a digest of the server's catalogues, over a link that stays open. That a digest is new
 * is all that is told; what changed, the load finds out. */
#include "proxy/pg/catalog_watch.h"

#include <stdlib.h>
#include <string.h>

#include "policy/catalog/queries.h"
#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/message_request.h"
#include "proxy/net/deadline.h"
#include "proxy/net/encryption.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg.h"
#include "proxy/pg/query_link.h"

#define WATCH_TAG  0x77617463U /* "watc" */
#define POLL_US    INT64_C(2000000)
#define RETRY_US   INT64_C(5000000)
#define ANSWER_US  INT64_C(10000000)
#define DIGEST_MAX ((size_t)1024)

struct catalog_watch {
    uint32_t tag;
    struct snapshot *snapshot; /* shares; holds the link's upstream */
    struct query_link link;
    struct worker *worker;
    struct worker_deferred deferred;
    struct deadline next; /* the next question, or the next attempt to connect */
    char *question;       /* owns */
    char digest[DIGEST_MAX];
    size_t digest_len; /* 0: none is known */
    catalog_changed_fn *changed;
    void *context;
};

static struct catalog_watch *watch_of(struct query_link *link)
{
    struct catalog_watch *watch = owner_of(link, struct catalog_watch, link);
    check(watch->tag == WATCH_TAG);
    return watch;
}

static void retry(struct catalog_watch *watch)
{
    query_link_close(&watch->link);
    deadline_arm(watch->worker, &watch->next, watch->worker->now_us + RETRY_US);
}

static void ask(struct catalog_watch *watch)
{
    struct outgoing out;
    if (!query_link_begin(&watch->link, &out, strlen(watch->question) + 16)) {
        retry(watch);
        return;
    }
    pg_write_query(&out.writer, slice_text(watch->question));
    if (!outgoing_end(&out)) {
        retry(watch);
        return;
    }
    query_link_limit(&watch->link, watch->worker->now_us + ANSWER_US);
}

static void on_ready(struct query_link *link)
{
    ask(watch_of(link));
}

static void on_failed(struct query_link *link, const char *reason)
{
    (void)reason; /* the load, at its interval, says what is wrong with the server */
    retry(watch_of(link));
}

/* The first digest is news as well: something may have changed since the load. */
static void take_digest(struct catalog_watch *watch, struct slice digest)
{
    bool is_same = digest.len > 0 && digest.len == watch->digest_len &&
                   memcmp(watch->digest, digest.ptr, digest.len) == 0;
    if (is_same) {
        return;
    }
    watch->digest_len = digest.len < DIGEST_MAX ? digest.len : 0;
    memcpy(watch->digest, digest.ptr, watch->digest_len);
    watch->changed(watch->context);
}

static bool take_row(struct catalog_watch *watch, struct slice body)
{
    uint16_t num_fields;
    struct slice left;
    struct pg_value value;
    if (pg_data_row_decode(body, &num_fields, &left) != PG_OK || num_fields != 1 ||
        !pg_value_next(&left, &value) || value.is_null) {
        return false;
    }
    take_digest(watch, value.bytes);
    return true;
}

static void on_message(struct query_link *link, const struct pg_frame *frame)
{
    struct catalog_watch *watch = watch_of(link);
    switch (frame->type) {
    case 'D':
        if (!take_row(watch, frame->body)) {
            retry(watch);
        }
        return;
    case 'Z':
        query_link_limit_none(link);
        deadline_arm(watch->worker, &watch->next, watch->worker->now_us + POLL_US);
        return;
    case 'T':
    case 'C':
        return;
    default:
        retry(watch);
    }
}

static const struct query_link_ops callbacks = {
    .ready = on_ready, .message = on_message, .failed = on_failed};

static void on_next(struct deadline *d)
{
    struct catalog_watch *watch = owner_of(d, struct catalog_watch, next);
    check(watch->tag == WATCH_TAG);
    if (query_link_is_open(&watch->link)) {
        ask(watch);
    } else {
        query_link_open(&watch->link);
    }
}

void *pg_catalog_watch(struct worker *worker, struct snapshot *snapshot,
                       const struct config_upstream *upstream, catalog_changed_fn *changed,
                       void *context)
{
    struct catalog_watch *watch = mem_new(sizeof *watch);
    const struct config_row *row = &snapshot_config(snapshot)->row;
    watch->tag = WATCH_TAG;
    watch->snapshot = snapshot_ref(snapshot);
    watch->worker = worker;
    watch->question = catalog_digest_text(row->schemas, row->num_schemas);
    watch->changed = changed;
    watch->context = context;
    deadline_init(&watch->next, on_next);
    query_link_init(&watch->link, worker, upstream, encryption_of_upstream(snapshot, upstream),
                    &callbacks);
    query_link_open(&watch->link);
    return watch;
}

static void free_watch(struct worker_deferred *deferred)
{
    struct catalog_watch *watch = owner_of(deferred, struct catalog_watch, deferred);
    check(watch->tag == WATCH_TAG);
    query_link_fini(&watch->link);
    snapshot_unref(&watch->snapshot);
    free(watch->question);
    watch->tag = 0;
    free(watch);
}

void pg_catalog_unwatch(void *state)
{
    struct catalog_watch *watch = state;
    check(watch->tag == WATCH_TAG);
    deadline_disarm(&watch->next);
    query_link_close(&watch->link);
    worker_defer(watch->worker, &watch->deferred, free_watch);
}
