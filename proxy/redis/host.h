/* SPDX-License-Identifier: Apache-2.0
 *
 * What one worker has of Redis: its sessions, the links they share, and working memory that every
 * request uses in turn. */
#ifndef PROXY_REDIS_HOST_H
#define PROXY_REDIS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "policy/redis/decide.h"
#include "protocol/redis/request_scanner.h"

struct redis_link;
struct redis_session;
struct worker;
TAILQ_HEAD(redis_link_list, redis_link);
TAILQ_HEAD(redis_session_list, redis_session);

struct redis_host {
    uint32_t tag;
    struct worker *worker; /* borrows */
    struct redis_session_list sessions;
    struct redis_link_list links;
    struct request_args args;       /* of the request at hand */
    struct redis_scratch scratch;   /* marks of the request at hand */
    struct redis_decision decision; /* about it */
    uint64_t last_session; /* id given out, unique in the process with the worker's index */
    bool is_draining;
};

#endif
