/* SPDX-License-Identifier: Apache-2.0
 *
 * A request waits for nothing but its connection and for the server to close it. One that is for a
 * session is sent only if the session still has the link and an answer is owed at the moment of
 * sending. One that outlives its time makes the link untrustworthy. */
#include "proxy/pg/cancel.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/message_login.h"
#include "proxy/net/owner.h"
#include "proxy/net/stream_tls.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_pool.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session.h"

#define CANCEL_TAG    0x63616e63U /* "canc" */
#define TIME_LIMIT_US INT64_C(5000000)
#define PER_LINK_MAX  4U
#define PACKET_ROOM   ((size_t)PG_CANCEL_KEY_MAX + 16)
#define ANSWER_MAX    ((size_t)1024)

struct cancel {
    uint32_t tag;
    struct stream stream;
    struct deadline deadline;
    struct worker_deferred deferred;
    struct worker *worker;         /* borrows */
    struct snapshot *snapshot;     /* shares; holds tls */
    const struct tls_context *tls; /* borrows; NULL: the link was not encrypted, or it began */
    char *host;                    /* owns; to whom it is encrypted */
    struct link *link;             /* borrows; NULL when it does not wait for us */
    LIST_ENTRY(cancel) entry;      /* among the link's */
    LIST_ENTRY(cancel) of_pg;      /* among the worker's */
    uint32_t process_id;
    size_t key_len;
    uint8_t key[PG_CANCEL_KEY_MAX];
};

static struct cancel *cancel_from(struct stream *stream)
{
    struct cancel *cancel = owner_of(stream, struct cancel, stream);
    check(cancel->tag == CANCEL_TAG);
    return cancel;
}

static void free_cancel(struct worker_deferred *deferred)
{
    struct cancel *cancel = owner_of(deferred, struct cancel, deferred);
    check(cancel->tag == CANCEL_TAG);
    cancel->tag = 0;
    snapshot_unref(&cancel->snapshot);
    free(cancel->host);
    free(cancel);
}

static void finish(struct cancel *cancel)
{
    struct link *link = cancel->link;
    deadline_disarm(&cancel->deadline);
    stream_close(&cancel->stream);
    LIST_REMOVE(cancel, of_pg);
    worker_defer(cancel->worker, &cancel->deferred, free_cancel);
    if (link != NULL) {
        LIST_REMOVE(cancel, entry);
        cancel->link = NULL;
        link_cancel_ended(link);
    }
}

/* Whether the link still does what was to be cancelled. */
static bool is_wanted(const struct cancel *cancel)
{
    const struct link *link = cancel->link;
    enum pg_ready ready;
    return link == NULL || (link->session != NULL && !link->is_applying &&
                            !pg_reply_is_idle(&link->owed.tracker, &ready));
}

static void send_request(struct cancel *cancel)
{
    struct outgoing out;
    if (!is_wanted(cancel) || !outgoing_begin(&out, &cancel->stream, PACKET_ROOM)) {
        finish(cancel);
        return;
    }
    pg_write_cancel(&out.writer, cancel->process_id, slice_of(cancel->key, cancel->key_len));
    if (!outgoing_end(&out)) {
        finish(cancel);
    }
}

/* The key travels as well protected as the link that it is of. */
static void on_connected(struct stream *stream)
{
    struct cancel *cancel = cancel_from(stream);
    struct outgoing out;
    if (cancel->tls == NULL) {
        send_request(cancel);
        return;
    }
    if (!outgoing_begin(&out, stream, PACKET_ROOM)) {
        finish(cancel);
        return;
    }
    pg_write_ssl_request(&out.writer);
    check(outgoing_end(&out));
}

/* A server answers an SSLRequest with one byte, and nothing but the end of the connection else. */
static void on_input(struct stream *stream)
{
    struct cancel *cancel = cancel_from(stream);
    struct slice input = stream_input(stream);
    bool may_start = cancel->tls != NULL && input.len == 1 && input.ptr[0] == 'S';
    stream_consume(stream, input.len);
    if (cancel->tls == NULL) {
        return;
    }
    const struct tls_context *tls = cancel->tls;
    cancel->tls = NULL;
    if (!may_start || !stream_start_tls(stream, tls, slice_of(NULL, 0), cancel->host)) {
        finish(cancel);
        return;
    }
    send_request(cancel);
}

static void on_closed(struct stream *stream, enum stream_end end, int error)
{
    (void)end;
    (void)error;
    finish(cancel_from(stream));
}

static const struct stream_ops callbacks = {
    .on_input = on_input, .on_closed = on_closed, .on_connected = on_connected};

static void on_deadline(struct deadline *d)
{
    struct cancel *cancel = owner_of(d, struct cancel, deadline);
    check(cancel->tag == CANCEL_TAG);
    if (cancel->link != NULL) {
        cancel->link->is_out_of_step = true;
    }
    finish(cancel);
}

static void encrypt_like(struct cancel *cancel, const struct link *link)
{
    const struct config_upstream *upstream = link->target->upstream;
    const char *host = upstream->endpoints[link->endpoint % upstream->num_endpoints].host;
    if (link->target->tls != NULL && host != NULL) {
        cancel->snapshot = snapshot_ref(pg_upstream_of_link(link)->snapshot);
        cancel->tls = link->target->tls;
        cancel->host = mem_copy_string(host, strlen(host));
    }
}

static struct cancel *start(struct link *link)
{
    struct cancel *cancel = mem_new(sizeof *cancel);
    const struct address *peer = dial_peer(&link->dial); /* its name may mean another by now */
    cancel->tag = CANCEL_TAG;
    cancel->worker = link->worker;
    if (stream_is_encrypted(&link->stream)) {
        encrypt_like(cancel, link);
    }
    cancel->process_id = link->process_id;
    cancel->key_len = link->key_len;
    memcpy(cancel->key, link->key, link->key_len);
    stream_connect(&cancel->stream, link->worker, (const struct sockaddr *)&peer->storage,
                   peer->len, &callbacks, ANSWER_MAX);
    LIST_INSERT_HEAD(&pg_upstream_of_link(link)->pg->cancels, cancel, of_pg);
    deadline_init(&cancel->deadline, on_deadline);
    deadline_arm(link->worker, &cancel->deadline, link->worker->now_us + TIME_LIMIT_US);
    return cancel;
}

void cancel_abandoned(struct link *link)
{
    if (link->key_len > 0 && !pg_upstream_of_link(link)->pg->is_stopping) {
        (void)start(link);
    }
}

static unsigned count_cancels(const struct link *link)
{
    unsigned num = 0;
    const struct cancel *cancel;
    LIST_FOREACH(cancel, &link->cancels, entry)
    {
        num++;
    }
    return num;
}

bool cancel_session(struct session *s)
{
    struct link *link = s->link;
    if (link == NULL || link->key_len == 0 || count_cancels(link) >= PER_LINK_MAX) {
        return false;
    }
    struct cancel *cancel = start(link);
    cancel->link = link;
    LIST_INSERT_HEAD(&link->cancels, cancel, entry);
    return true;
}

void cancel_by_key(struct pg_worker *pg, uint32_t id, struct slice secret)
{
    struct session *s = NULL;
    HASH_FIND(hh, pg->by_key, &id, sizeof id, s);
    if (s == NULL || secret.len != s->cancel_secret_len ||
        CRYPTO_memcmp(s->cancel_secret, secret.ptr, secret.len) != 0) {
        return;
    }
    bool is_sent = cancel_session(s);
    (void)is_sent; /* PG docs, Canceling Requests in Progress: nobody is told */
}

void cancel_forget_link(struct link *link)
{
    while (!LIST_EMPTY(&link->cancels)) {
        struct cancel *cancel = LIST_FIRST(&link->cancels);
        LIST_REMOVE(cancel, entry);
        cancel->link = NULL;
    }
}

void cancel_stop(struct pg_worker *pg)
{
    while (!LIST_EMPTY(&pg->cancels)) {
        finish(LIST_FIRST(&pg->cancels));
    }
}
