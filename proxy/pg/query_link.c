/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening a link for questions and cutting its answers into messages; what is asked, and what the
 * answers mean, is the owner's. The endpoints are tried in turn, in a second round the standbys
 * among them, too. Invariant: `link` is the one that was opened last, and NULL as soon as it is
 * closed, so that a callback of an older one cannot be taken for its. */
#include "proxy/pg/query_link.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/upstream.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/deadline.h"
#include "proxy/net/worker.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_keys.h"
#include "proxy/pg/link_role.h"
#include "proxy/pg/server_parameters.h"

#define QUERY_LINK_TAG 0x71756c6bU           /* "qulk" */
#define SEARCH_PATH    "pg_catalog, pg_temp" /* else temporary tables would come first */
#define MESSAGE_MAX    ((size_t)1000 * 1024)

static const struct link_ops callbacks;

static struct query_link *query_link_of(struct link *link)
{
    struct query_link *q = link->owner;
    check(q->tag == QUERY_LINK_TAG && q->link == link);
    return q;
}

void query_link_init(struct query_link *q, struct worker *worker,
                     const struct config_upstream *upstream, const struct tls_context *tls,
                     const struct query_link_ops *ops)
{
    check(upstream->protocol == CONFIG_POSTGRES);
    *q = (struct query_link){
        .tag = QUERY_LINK_TAG, .worker = worker, .ops = ops, .upstream = *upstream};
    q->upstream.is_passthrough = false; /* whose links are not pinned */
    q->target.upstream = &q->upstream;
    q->target.tls = tls;
    q->target.search_path = mem_copy_string(SEARCH_PATH, strlen(SEARCH_PATH));
    q->target.keys = link_keys_new(worker);
}

void query_link_fini(struct query_link *q)
{
    check(q->link == NULL);
    free(q->target.search_path);
    link_keys_free(&q->target.keys);
    *q = (struct query_link){.tag = 0};
}

/* The first round over the endpoints is for a primary. */
static bool is_second_round(const struct query_link *q)
{
    return q->num_tried >= q->target.upstream->num_endpoints;
}

/* False: they were all tried. */
static bool has_next_endpoint(const struct query_link *q)
{
    size_t num = q->target.upstream->num_endpoints;
    return q->num_tried + 1 < (q->has_standby ? 2 * num : num);
}

static void open_next(struct query_link *q)
{
    q->num_tried++;
    q->target.endpoint++;
    q->link = link_open(q->worker, &q->target, &callbacks, q);
}

void query_link_open(struct query_link *q)
{
    check(q->tag == QUERY_LINK_TAG && q->link == NULL);
    q->num_tried = 0;
    q->target.endpoint = 0;
    q->has_standby = false;
    q->is_ready = false;
    q->link = link_open(q->worker, &q->target, &callbacks, q);
}

void query_link_close(struct query_link *q)
{
    if (q->link != NULL) {
        link_close(q->link);
    }
    q->link = NULL;
}

bool query_link_is_open(const struct query_link *q)
{
    return q->link != NULL;
}

bool query_link_begin(struct query_link *q, struct outgoing *out, size_t room)
{
    check(q->link != NULL && q->is_ready);
    return outgoing_begin(out, &q->link->stream, room);
}

void query_link_limit(struct query_link *q, int64_t at_us)
{
    check(q->link != NULL && q->is_ready);
    deadline_arm(q->worker, &q->link->deadline, at_us);
}

void query_link_limit_none(struct query_link *q)
{
    check(q->link != NULL && q->is_ready);
    deadline_disarm(&q->link->deadline);
}

static bool is_standby(struct link *link)
{
    const char *state = server_parameters_find(link_parameters(link), LINK_ROLE_SETTING);
    return state != NULL && strcmp(state, "on") == 0;
}

static void on_ready(struct link *link)
{
    struct query_link *q = query_link_of(link);
    if (is_standby(link) && !is_second_round(q) && q->target.upstream->num_endpoints > 1) {
        q->has_standby = true;
        link_close(link);
        open_next(q);
        return;
    }
    q->is_ready = true;
    q->ops->ready(q);
}

static bool is_passed_over(const struct pg_frame *frame)
{
    return frame->type == 'N' || frame->type == 'S';
}

static void on_input(struct link *link)
{
    struct query_link *q = query_link_of(link);
    while (link->state != LINK_CLOSED) {
        struct pg_frame frame;
        enum scan_status status =
            pg_frame_next(stream_input(&link->stream), PG_SERVER, MESSAGE_MAX, &frame);
        if (status == SCAN_MORE) {
            return;
        }
        if (status == SCAN_BAD) {
            link_fail(link, "malformed message of the server");
            return;
        }
        if (!is_passed_over(&frame)) {
            q->ops->message(q, &frame);
        }
        if (link->state != LINK_CLOSED) {
            stream_consume(&link->stream, frame.whole.len);
        }
    }
}

static void on_drained(struct link *link)
{
    (void)query_link_of(link);
}

/* The link is closed by who tells us. */
static void on_gone(struct link *link, const char *reason)
{
    struct query_link *q = query_link_of(link);
    if (!q->is_ready && has_next_endpoint(q)) {
        open_next(q);
        return;
    }
    q->link = NULL;
    q->ops->failed(q, reason);
}

static const struct link_ops callbacks = {
    .ready = on_ready, .gone = on_gone, .input = on_input, .drained = on_drained};
