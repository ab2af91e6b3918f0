/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over workers. They go on counting meanwhile, so an answer is a moment old. */
#include "proxy/crew.h"

#include <stdatomic.h>
#include <unistd.h>

#include "policy/config/config.h"
#include "proxy/net/worker.h"

#define MOST_DEFAULT 4L /* when the configuration does not say */

unsigned crew_size(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long few = cores < 1 ? 1 : cores;
    return config->limits.workers > 0 ? config->limits.workers
                                      : (unsigned)(few < MOST_DEFAULT ? few : MOST_DEFAULT);
}

static uint32_t sessions_of(const struct worker *worker)
{
    return atomic_load_explicit(&worker->num_sessions, memory_order_relaxed);
}

uint32_t crew_count_sessions(struct worker *const *workers, unsigned num_workers)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < num_workers; i++) {
        sum += sessions_of(workers[i]);
    }
    return sum;
}

struct worker *crew_least_loaded(struct worker *const *workers, unsigned num_workers)
{
    struct worker *best = workers[0];
    for (unsigned i = 1; i < num_workers; i++) {
        if (sessions_of(workers[i]) < sessions_of(best)) {
            best = workers[i];
        }
    }
    return best;
}
