/* SPDX-License-Identifier: Apache-2.0
 *
 * One question after the other over a query link (query_link.c), in a loop of its own that ends
 * with the last answer. For the sub-commands; nothing here runs in a proxy that serves. */
#include "proxy/pg/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/message_request.h"
#include "proxy/net/encryption.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/query_answer.h"
#include "proxy/pg/query_link.h"

#define ASK_TAG      0x61736b20U       /* "ask " */
#define ANSWERS_US   INT64_C(60000000) /* for all of them */
#define FIELDS_MAX   ((size_t)8)
#define FAILURE_MAX  ((size_t)512)
#define WAIT_TURN_US INT64_C(100000)

struct ask {
    uint32_t tag;
    struct query_link link;
    struct worker *worker;                /* borrows */
    const struct pg_questions *questions; /* borrows */
    size_t at;
    bool is_done; /* the link is closed */
    bool has_failed;
    char *message; /* borrows */
    size_t cap;
};

static struct ask *ask_of(struct query_link *link)
{
    struct ask *ask = owner_of(link, struct ask, link);
    check(ask->tag == ASK_TAG);
    return ask;
}

static void end(struct ask *ask)
{
    ask->is_done = true;
    query_link_close(&ask->link);
}

static void fail(struct ask *ask, const char *reason)
{
    if (!ask->has_failed) {
        (void)snprintf(ask->message, ask->cap, "%s", reason);
    }
    ask->has_failed = true;
    end(ask);
}

static void send_question(struct ask *ask)
{
    const char *text = ask->questions->texts[ask->at];
    struct outgoing out;
    if (!query_link_begin(&ask->link, &out, strlen(text) + 16)) {
        fail(ask, "out of memory");
        return;
    }
    pg_write_query(&out.writer, slice_text(text));
    if (!outgoing_end(&out)) {
        fail(ask, "out of memory");
    }
}

static void on_ready(struct query_link *link)
{
    struct ask *ask = ask_of(link);
    query_link_limit(link, ask->worker->now_us + ANSWERS_US);
    send_question(ask);
}

static bool take_row(const struct ask *ask, struct slice body)
{
    struct slice fields[FIELDS_MAX];
    size_t num_fields = 0;
    return query_answer_fields(body, fields, FIELDS_MAX, &num_fields) &&
           ask->questions->row(ask->questions->context, ask->at, fields, num_fields);
}

static void take_error(struct ask *ask, struct slice body)
{
    char text[FAILURE_MAX];
    query_answer_error(body, "the server refused a question", text, sizeof text);
    fail(ask, text);
}

static void next_question(struct ask *ask)
{
    ask->at++;
    if (ask->at < ask->questions->num_texts) {
        send_question(ask);
    } else {
        end(ask);
    }
}

static void on_message(struct query_link *link, const struct pg_frame *frame)
{
    struct ask *ask = ask_of(link);
    switch (frame->type) {
    case 'D':
        if (!take_row(ask, frame->body)) {
            fail(ask, "unexpected answer of the server");
        }
        return;
    case 'E':
        take_error(ask, frame->body);
        return;
    case 'Z':
        next_question(ask);
        return;
    case 'T':
    case 'C':
        return;
    default:
        fail(ask, "unexpected message of the server");
    }
}

static void on_failed(struct query_link *link, const char *reason)
{
    fail(ask_of(link), reason);
}

static const struct query_link_ops callbacks = {
    .ready = on_ready, .message = on_message, .failed = on_failed};

bool pg_ask_now(struct snapshot *snapshot, const struct config_upstream *upstream,
                const struct pg_questions *questions, char *message, size_t cap)
{
    check(questions != NULL && questions->num_texts > 0 && questions->row != NULL);
    struct worker *worker = worker_new(0);
    if (worker == NULL) {
        (void)snprintf(message, cap, "out of file descriptors");
        return false;
    }
    struct ask ask = {
        .tag = ASK_TAG, .worker = worker, .questions = questions, .message = message, .cap = cap};
    query_link_init(&ask.link, worker, upstream, encryption_of_upstream(snapshot, upstream),
                    &callbacks);
    query_link_open(&ask.link);
    while (!ask.is_done) {
        worker_turn(worker, WAIT_TURN_US);
    }
    query_link_fini(&ask.link);
    worker_free(&worker);
    return !ask.has_failed;
}
