/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a node stood in the client's text and where it stands in the emitted one. Both trees are
 * equal and walked in the same order, so the n-th node of one is the n-th of the other; nodes that
 * we made have no place in the client's text. */
#include "policy/sql/emit.h"

#include <stdlib.h>

#include "nodes/nodeFuncs.h"

#define MAX_PLACES ((size_t)16384) /* nodes whose places are known; an error beyond has none */

struct places {
    int *locations;
    size_t num;
    size_t cap;
};

/* Where the server would point for an error in this node. */
static int location_of(const Node *node)
{
    switch ((int)nodeTag(node)) {
    case T_A_Expr:
        return ((const A_Expr *)node)->location;
    case T_FuncCall:
        return ((const FuncCall *)node)->location;
    case T_ColumnRef:
        return ((const ColumnRef *)node)->location;
    case T_A_Const:
        return ((const A_Const *)node)->location;
    case T_ParamRef:
        return ((const ParamRef *)node)->location;
    case T_TypeCast:
        return ((const TypeCast *)node)->location;
    case T_TypeName:
        return ((const TypeName *)node)->location;
    case T_RangeVar:
        return ((const RangeVar *)node)->location;
    case T_ResTarget:
        return ((const ResTarget *)node)->location;
    case T_SubLink:
        return ((const SubLink *)node)->location;
    case T_BoolExpr:
        return ((const BoolExpr *)node)->location;
    case T_CaseExpr:
        return ((const CaseExpr *)node)->location;
    case T_CommonTableExpr:
        return ((const CommonTableExpr *)node)->location;
    case T_CollateClause:
        return ((const CollateClause *)node)->location;
    default:
        return SQL_NO_LOCATION;
    }
}

static bool collect(Node *node, void *context)
{
    struct places *places = context;
    if (node == NULL) {
        return false;
    }
    if (places->num == places->cap) {
        if (places->cap >= MAX_PLACES) {
            return true; /* ends the walk */
        }
        places->cap *= 2;
        places->locations = repalloc(places->locations, places->cap * sizeof(int));
    }
    places->locations[places->num++] = location_of(node);
    return raw_expression_tree_walker(node, collect, context);
}

static bool has_expressions(const Node *statement)
{
    return IsA(statement, SelectStmt) || IsA(statement, InsertStmt) || IsA(statement, UpdateStmt) ||
           IsA(statement, DeleteStmt);
}

static struct places collect_all(List *statements)
{
    enum { FIRST_CAP = 64 };
    struct places places = {.cap = FIRST_CAP};
    ListCell *cell;
    places.locations = palloc(places.cap * sizeof(int));
    foreach (cell, statements) {
        Node *statement = ((RawStmt *)lfirst(cell))->stmt;
        if (has_expressions(statement)) {
            collect(statement, &places);
        }
    }
    return places;
}

static int by_emitted(const void *a, const void *b)
{
    const struct sql_position *first = a;
    const struct sql_position *second = b;
    return (first->emitted > second->emitted) - (first->emitted < second->emitted);
}

size_t sql_emit_positions(List *statements, const struct sql_emitted *emitted,
                          struct sql_position **out)
{
    struct places client = collect_all(statements);
    struct places sent = collect_all(emitted->statements);
    size_t num = 0;
    *out = palloc((client.num + 1) * sizeof(**out));
    if (client.num != sent.num) {
        return 0;
    }
    for (size_t i = 0; i < client.num; i++) {
        if (client.locations[i] >= 0 && sent.locations[i] >= 0) {
            (*out)[num++] =
                (struct sql_position){.emitted = sent.locations[i], .client = client.locations[i]};
        }
    }
    qsort(*out, num, sizeof(**out), by_emitted);
    return num;
}
