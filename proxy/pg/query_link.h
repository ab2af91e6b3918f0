/* SPDX-License-Identifier: Apache-2.0
 *
 * A link that the proxy asks questions of its own on: in no pool, never lent to a session, and with
 * a search_path that nothing but the server's own catalogue is in, whatever the role's settings
 * say (CVE-2025-12819). Its owner embeds it, finds itself again with owner_of(), and frees itself
 * with worker_defer() only. */
#ifndef PROXY_PG_QUERY_LINK_H
#define PROXY_PG_QUERY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/config/upstream.h"
#include "protocol/compiler.h"
#include "protocol/pg/frame.h"
#include "proxy/pg/link_target.h"
#include "proxy/pg/outgoing.h"

struct link;
struct query_link;
struct tls_context;
struct worker;

/* From the worker's loop, never from inside a call of this file. query_link_close is allowed in
 * each of them. */
struct query_link_ops {
    void (*ready)(struct query_link *q); /* logged in: questions may be sent */
    /* One message of the server but for notices and settings, which are passed over. */
    void (*message)(struct query_link *q, const struct pg_frame *frame);
    /* No endpoint can be reached, or the link was lost. It is closed, and may be opened again. */
    void (*failed)(struct query_link *q, const char *reason);
};

struct query_link {
    /* private */
    uint32_t tag;
    struct worker *worker;            /* borrows */
    const struct query_link_ops *ops; /* borrows */
    struct config_upstream upstream;  /* borrows its texts and endpoints */
    struct link_target target;
    struct link *link; /* borrows; NULL: closed */
    size_t num_tried;  /* endpoints, the present one not counted */
    bool has_standby;  /* one of them could be asked after all */
    bool is_ready;
};

/* Closed as yet. upstream says where and as whom, tls how (NULL: in the clear); what they hold is
 * borrowed until fini. Derived keys are kept, for who opens it more than once. */
void query_link_init(struct query_link *q, struct worker *worker,
                     const struct config_upstream *upstream, const struct tls_context *tls,
                     const struct query_link_ops *ops);

/* Releases what it holds; it must be closed. A zeroed one is fine. */
void query_link_fini(struct query_link *q);

/* Connects to the first endpoint that will do: a standby, which may lag, only when no other can be
 * reached. ready or failed follows, later. It must be closed (checked). */
void query_link_open(struct query_link *q);

/* Closes it now; no callback follows. Twice is fine, and on a zeroed one. */
void query_link_close(struct query_link *q);

bool query_link_is_open(const struct query_link *q);

/* Messages to the server, while it is ready: outgoing_end sends them. False: out of memory. */
MUST_USE bool query_link_begin(struct query_link *q, struct outgoing *out, size_t room);

/* From now on the link fails at at_us, or, with none, waits for ever. */
void query_link_limit(struct query_link *q, int64_t at_us);
void query_link_limit_none(struct query_link *q);

#endif
