/* SPDX-License-Identifier: Apache-2.0
 *
 * The workers taken together: how many, how busy, whose turn. Main thread. */
#ifndef PROXY_CREW_H
#define PROXY_CREW_H

#include <stdint.h>

struct config;
struct worker;

/* How many workers the configuration asks for: at least 1. */
unsigned crew_size(const struct config *config);

/* The sessions of all of them. */
uint32_t crew_count_sessions(struct worker *const *workers, unsigned num_workers);

/* The one with the fewest sessions. */
struct worker *crew_least_loaded(struct worker *const *workers, unsigned num_workers);

#endif
