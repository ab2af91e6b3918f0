/* SPDX-License-Identifier: Apache-2.0
 *
 * The review as a switch made from the data file. */
#include "policy/sql/node_tags.h"

enum sql_node_review sql_node_reviewed(const Node *node, uint32_t *out_since)
{
    switch ((int)nodeTag(node)) {
#define NODE(tag, since, when) \
    case T_##tag:              \
        *out_since = since;    \
        return SQL_NODE_##when;
#include "policy/sql/nodes.def"
#undef NODE
    default:
        *out_since = 0;
        return SQL_NODE_UNREVIEWED;
    }
}
