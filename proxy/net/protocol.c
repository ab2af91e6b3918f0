/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker's side of the protocols. */
#include "proxy/net/protocol.h"

#include <stdatomic.h>

#include "protocol/check.h"

void protocol_session_ended(struct worker *worker)
{
    check(atomic_fetch_sub_explicit(&worker->num_sessions, 1, memory_order_relaxed) > 0);
}
