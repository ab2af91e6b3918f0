/* SPDX-License-Identifier: Apache-2.0
 *
 * The request as the server gets it: the client's, with the tenant's prefix in front of every
 * marked argument. */
#ifndef POLICY_REDIS_REWRITE_H
#define POLICY_REDIS_REWRITE_H

#include "policy/redis/decide.h"
#include "policy/redis/prefix.h"

/* At most this many bytes will be written. */
size_t redis_rewritten_cap(const struct request *request, const struct redis_decision *decision,
                           const struct redis_prefix *prefix);

/* Writes the request that `decision` (REDIS_FORWARD) allowed. */
void redis_write_rewritten(struct writer *w, const struct request *request,
                           const struct redis_decision *decision,
                           const struct redis_prefix *prefix);

#endif
