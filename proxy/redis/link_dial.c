/* SPDX-License-Identifier: Apache-2.0
 *
 * How a shared link gets its connection: the addresses of its endpoint's name, one after the other.
 * When the name means something else, a link that owes nothing is dropped and connects again with
 * the next request; the others are asked again after each look-up. */
#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "proxy/net/owner.h"
#include "proxy/redis/link_parts.h"
#include "proxy/redis/session.h"

#define INPUT_CAP ((size_t)256 << 10) /* a reply's line is at most 64 KiB */

/* The most bytes of requests that may wait to be sent: twice the largest, for it grows when it is
 * rewritten, and what was there before. */
static size_t output_cap(const struct redis_link *link)
{
    const struct config_limits *limits = &snapshot_config(link->snapshot)->limits;
    return 2 * redis_request_len_cap(limits) + 2 * STREAM_HIGH_WATER;
}

static struct redis_link *dialing(struct dial *dial)
{
    return redis_link_checked(owner_of(dial, struct redis_link, dial));
}

static void connect_to(struct dial *dial, const struct address *address)
{
    struct redis_link *link = dialing(dial);
    stream_close(&link->stream);
    stream_connect(&link->stream, link->host->worker, (const struct sockaddr *)&address->storage,
                   address->len, &redis_link_stream_ops, INPUT_CAP);
    stream_set_max_out(&link->stream, output_cap(link));
}

static void has_no_address(struct dial *dial, const char *reason)
{
    redis_link_lost(dialing(dial), reason);
}

/* One that is busy is looked at again after the next look-up. */
static void has_moved(struct dial *dial)
{
    struct redis_link *link = dialing(dial);
    if (link->state == REDIS_LINK_READY && reply_tracker_num_owed(&link->owed) == 0 &&
        TAILQ_EMPTY(&link->waiters)) {
        link->has_served = true; /* no failure: it is not wanted any more */
        redis_link_lost(link, "the name has other addresses now");
    }
}

static const struct dial_ops dial_callbacks = {
    .connect = connect_to, .failed = has_no_address, .moved = has_moved};

void redis_link_dial(struct redis_link *link, const struct config_address *endpoint)
{
    const struct config_upstream *upstream = link->upstream;
    dial_begin(&link->dial, link->host->worker, endpoint, upstream->dns_ttl_us,
               upstream->pool.connect_timeout_us, &dial_callbacks);
}
