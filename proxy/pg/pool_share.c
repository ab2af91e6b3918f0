/* SPDX-License-Identifier: Apache-2.0
 *
 * The limit is kept by compare and swap: `open` never passes `size`, whatever the workers do at
 * the same time. The bits are hints: a lost race costs a moment of waiting, never a link. */
#include "proxy/pg/pool_share.h"

#include "protocol/check.h"

void pool_share_init(struct pool_share *share, uint32_t size, uint32_t num_workers)
{
    check(num_workers >= 1 && num_workers <= POOL_SHARE_WORKERS);
    atomic_init(&share->size, size);
    atomic_init(&share->open, 0);
    atomic_init(&share->wanting, 0);
    share->num_workers = num_workers;
}

void pool_share_resize(struct pool_share *share, uint32_t size)
{
    atomic_store(&share->size, size);
}

bool pool_share_take(struct pool_share *share)
{
    uint32_t open = atomic_load(&share->open);
    while (open < atomic_load(&share->size)) {
        if (atomic_compare_exchange_weak(&share->open, &open, open + 1)) {
            return true;
        }
    }
    return false;
}

void pool_share_give(struct pool_share *share)
{
    check(atomic_fetch_sub(&share->open, 1) > 0);
}

uint32_t pool_share_fair(const struct pool_share *share)
{
    return atomic_load(&share->size) / share->num_workers;
}

static uint64_t bit_of(unsigned worker)
{
    check(worker < POOL_SHARE_WORKERS);
    return UINT64_C(1) << worker;
}

bool pool_share_want(struct pool_share *share, unsigned worker)
{
    return (atomic_fetch_or(&share->wanting, bit_of(worker)) & bit_of(worker)) == 0;
}

void pool_share_sated(struct pool_share *share, unsigned worker)
{
    if ((atomic_load_explicit(&share->wanting, memory_order_relaxed) & bit_of(worker)) != 0) {
        (void)atomic_fetch_and(&share->wanting, ~bit_of(worker));
    }
}

uint64_t pool_share_others(const struct pool_share *share, unsigned worker)
{
    return atomic_load(&share->wanting) & ~bit_of(worker);
}
