/* SPDX-License-Identifier: Apache-2.0
 *
 * The one thing that the pools of an upstream share between workers: how many links may be open
 * in all, and which workers cannot get one although they have fewer than their share. Atomics
 * only, so any thread. */
#ifndef PROXY_PG_POOL_SHARE_H
#define PROXY_PG_POOL_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define POOL_SHARE_WORKERS 64 /* one bit for each */

struct pool_share {
    /* private */
    _Atomic uint32_t size;
    _Atomic uint32_t open;
    _Atomic uint64_t wanting; /* bit per worker */
    uint32_t num_workers;
};

/* At most size open links, over num_workers workers (1 to POOL_SHARE_WORKERS). */
void pool_share_init(struct pool_share *share, uint32_t size, uint32_t num_workers);

/* Another limit from now on; what is open beyond it stays until it is given back. */
void pool_share_resize(struct pool_share *share, uint32_t size);

/* One more link, if the limit allows it; to be given back when it is closed. */
bool pool_share_take(struct pool_share *share);
void pool_share_give(struct pool_share *share);

/* How many links a worker may keep while another wants one: what remains is given to who asks. */
uint32_t pool_share_fair(const struct pool_share *share);

/* Says that this worker wants a link, or no longer does. True when it did not say so before. */
bool pool_share_want(struct pool_share *share, unsigned worker);
void pool_share_sated(struct pool_share *share, unsigned worker);

/* The other workers that want one, as bits. */
uint64_t pool_share_others(const struct pool_share *share, unsigned worker);

#endif
