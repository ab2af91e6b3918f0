/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's Redis side: makes it, hands it connections and configurations, takes it apart. Each
 * hook runs on the worker's thread; nothing here is shared with another worker. */
#include "proxy/redis/redis.h"

#include <stdlib.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/redis/link.h"
#include "proxy/redis/session.h"

#define HOST_TAG 0x40570012U

static struct redis_host *host_from(void *state)
{
    struct redis_host *host = state;
    check(host->tag == HOST_TAG);
    return host;
}

static void *open_host(struct worker *worker, void *shared)
{
    (void)shared;
    struct redis_host *host = mem_new(sizeof *host);
    host->tag = HOST_TAG;
    host->worker = worker;
    TAILQ_INIT(&host->sessions);
    TAILQ_INIT(&host->links);
    return host;
}

static void accept_session(void *state, const struct incoming *incoming)
{
    redis_session_accept(host_from(state), incoming);
}

static void refresh(void *state)
{
    struct redis_host *host = host_from(state);
    struct redis_session *s = NULL;
    struct redis_session *next = NULL;
    redis_links_refresh(host);
    for (s = TAILQ_FIRST(&host->sessions); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        redis_session_refresh(s);
    }
}

static void drain(void *state, bool waits)
{
    (void)waits; /* a session without an open transaction can be resumed anywhere */
    struct redis_host *host = host_from(state);
    struct redis_session *s = NULL;
    struct redis_session *next = NULL;
    host->is_draining = true;
    for (s = TAILQ_FIRST(&host->sessions); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        redis_session_drain(s);
    }
}

static void stop(void *state)
{
    struct redis_host *host = host_from(state);
    while (!TAILQ_EMPTY(&host->sessions)) {
        redis_session_close(TAILQ_FIRST(&host->sessions), REDIS_CLOSE_STOP);
    }
    while (!TAILQ_EMPTY(&host->links)) {
        redis_link_close(TAILQ_FIRST(&host->links));
    }
}

static void close_host(void *state)
{
    struct redis_host *host = host_from(state);
    check(TAILQ_EMPTY(&host->sessions) && TAILQ_EMPTY(&host->links));
    request_args_fini(&host->args);
    redis_scratch_fini(&host->scratch);
    free(host);
}

const struct protocol_ops redis_protocol_ops = {
    .name = "redis",
    .open = open_host,
    .accept = accept_session,
    .refresh = refresh,
    .drain = drain,
    .stop = stop,
    .close = close_host,
};
