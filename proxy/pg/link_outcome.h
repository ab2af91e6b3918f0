/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a link that is lost may have taken the answer to a commit with it: then its client must
 * be told that the outcome is unknown (08007), not that the transaction is gone (08006). */
#ifndef PROXY_PG_LINK_OUTCOME_H
#define PROXY_PG_LINK_OUTCOME_H

#include <stdbool.h>

#include "protocol/pg/backend.h"

struct sql_plan;

/* A zeroed one is of a link that owes nothing. */
struct link_outcome {
    bool may_commit; /* something was sent that may have committed what it or others wrote */
    bool ends_block; /* something was sent that ends the transaction block */
};

/* The plan's text, or a portal of it, was sent. ready: the server's last ReadyForQuery. */
void link_outcome_sent(struct link_outcome *outcome, enum pg_ready ready,
                       const struct sql_plan *plan);

/* All that was sent has been answered. */
void link_outcome_settled(struct link_outcome *outcome);

#endif
