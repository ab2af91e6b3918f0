/* SPDX-License-Identifier: Apache-2.0
 *
 * Links and their pool: how a link that a session is done with becomes one that another may have,
 * and what the pool does with links and waiters. */
#ifndef PROXY_PG_LINK_POOL_H
#define PROXY_PG_LINK_POOL_H

struct link;
struct pool_ops;

/* What a worker's pools are made with; their waiters are sessions'. */
extern const struct pool_ops link_pool_ops;

/* A link that nobody has any more and that owes nothing: it goes back to its pool as it is, or
 * waits for its cancel requests to end, or is scrubbed first. */
void link_give_back(struct link *link);

/* Closes a link in whatever state it is; its session has let go of it. */
void link_discard(struct link *link);

/* A cancel request for it has ended. */
void link_cancel_ended(struct link *link);

#endif
