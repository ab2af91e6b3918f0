/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading from a link rests while a client is slow to take its replies, so that a large reply needs
 * no large buffer. Everyone else on the link waits meanwhile: there is a budget for that, 250 ms
 * of each second in the long run, however many slow clients there are. When it is used up the
 * client at fault is closed; while there is none, replies are queued for a client up to its output
 * cap and nobody waits. */
#include "proxy/net/owner.h"
#include "proxy/redis/link_parts.h"
#include "proxy/redis/session.h"

#define BUDGET_CAP_US  INT64_C(500000)
#define REFILL_DIVISOR 4 /* a fourth of the time that passes */

static void on_stall(struct deadline *d)
{
    struct redis_link *link = redis_link_checked(owner_of(d, struct redis_link, stall));
    if (link->stalled_for != NULL) {
        redis_session_close(link->stalled_for, REDIS_CLOSE_CLIENT_SLOW);
        redis_link_end_stall(link);
    }
}

void redis_link_init_stall(struct redis_link *link)
{
    deadline_init(&link->stall, on_stall);
    link->stall_budget_us = BUDGET_CAP_US;
    link->stall_budget_at_us = link->host->worker->now_us;
}

static void refill(struct redis_link *link)
{
    int64_t now_us = link->host->worker->now_us;
    int64_t budget = link->stall_budget_us + (now_us - link->stall_budget_at_us) / REFILL_DIVISOR;
    link->stall_budget_us = budget < BUDGET_CAP_US ? budget : BUDGET_CAP_US;
    link->stall_budget_at_us = now_us;
}

void redis_link_begin_stall(struct redis_link *link, struct redis_session *slow)
{
    struct worker *worker = link->host->worker;
    if (link->stalled_for != NULL) {
        return;
    }
    refill(link);
    if (link->stall_budget_us <= 0) {
        return;
    }
    link->stalled_for = slow;
    link->stall_since_us = worker->now_us;
    stream_pause(&link->stream);
    deadline_arm(worker, &link->stall, worker->now_us + link->stall_budget_us);
}

void redis_link_end_stall(struct redis_link *link)
{
    if (link->stalled_for == NULL) {
        return;
    }
    link->stalled_for = NULL;
    link->stall_budget_us -= link->host->worker->now_us - link->stall_since_us;
    deadline_disarm(&link->stall);
    stream_resume(&link->stream);
}
