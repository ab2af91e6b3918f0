/* SPDX-License-Identifier: Apache-2.0
 *
 * Which nodes were reviewed (policy/sql/nodes.def). */
#ifndef POLICY_SQL_NODE_TAGS_H
#define POLICY_SQL_NODE_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/sql/libpg.h"

enum sql_node_review {
    SQL_NODE_UNREVIEWED,
    SQL_NODE_EARLY, /* evaluating it raises no error */
    SQL_NODE_LATE,  /* it may */
};

/* What the review says about the node's kind; *out_since is the first server version with it. */
enum sql_node_review sql_node_reviewed(const Node *node, uint32_t *out_since);

#endif
