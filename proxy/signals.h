/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals as events of the main thread's loop. */
#ifndef PROXY_SIGNALS_H
#define PROXY_SIGNALS_H

#include "protocol/compiler.h"

struct signals;
struct worker;

typedef void signals_fn(void *context, int signal_number);

/* Blocks TERM, INT, QUIT and HUP in this thread and all that it starts from now on, and passes
 * them to received; PIPE is ignored. NULL when the system is out of descriptors. */
MUST_USE struct signals *signals_new(struct worker *worker, signals_fn *received, void *context);

/* Releases it; the signals stay blocked. NULL inside is fine. */
void signals_free(struct signals **signals);

#endif
