/* SPDX-License-Identifier: Apache-2.0
 *
 * Expands stars over tables that stand plainly in FROM: the catalogue knows their columns. What
 * has columns of its own making (sub-selects, functions, merged join columns, renamed columns) is
 * refused: a wrong guess would put a value into the wrong column. */
#include "policy/sql/star.h"

#include <string.h>

#include "nodes/makefuncs.h"
#include "nodes/value.h"

#include "policy/sql/relation.h"
#include "policy/sql/types.h"

struct expansion {
    struct sql_query *q;
    const struct sql_level *level;
    const List *from;
    List *targets; /* ResTarget: the new list */
};

static bool is_column_star(const Node *node)
{
    return IsA(node, ColumnRef) && IsA(llast(((const ColumnRef *)node)->fields), A_Star);
}

static bool is_star(const ResTarget *target)
{
    return is_column_star(target->val);
}

bool sql_star_is_in(const List *row)
{
    ListCell *cell;
    foreach (cell, row) {
        const Node *value = lfirst(cell);
        if (IsA(value, ResTarget)) {
            value = ((const ResTarget *)value)->val;
        }
        if (is_column_star(value) ||
            (IsA(value, A_Indirection) &&
             IsA(llast(((const A_Indirection *)value)->indirection), A_Star))) {
            return true;
        }
    }
    return false;
}

pg_noreturn static void refuse_star(const struct sql_query *q, const ResTarget *target)
{
    sql_refuse(q, "0A000", target->location, "Name the columns instead of *.",
               "INSERT cannot tell what * stands for here");
}

static void add_column(struct expansion *e, const RangeVar *var, const char *name, int location)
{
    ColumnRef *column = makeNode(ColumnRef);
    column->location = location;
    if (var->alias != NULL) {
        column->fields = list_make1(makeString(pstrdup(var->alias->aliasname)));
    } else {
        column->fields =
            list_make2(makeString(pstrdup(var->schemaname)), makeString(pstrdup(var->relname)));
    }
    column->fields = lappend(column->fields, makeString(pstrdup(name)));
    ResTarget *target = makeNode(ResTarget);
    target->val = (Node *)column;
    target->location = location;
    e->targets = lappend(e->targets, target);
}

static void add_columns(struct expansion *e, RangeVar *var, const ResTarget *star)
{
    struct sql_relation relation = sql_relation_read(e->q, e->level, var);
    if (relation.catalog == NULL || (var->alias != NULL && var->alias->colnames != NIL)) {
        refuse_star(e->q, star);
    }
    for (size_t i = 0; i < relation.catalog->num_columns; i++) {
        add_column(e, var, relation.catalog->columns[i].name, star->location);
    }
}

/* Whether a value is an array whose elements surely have one column: an array of a built-in type.
 */
static bool is_plain_array(const Node *node)
{
    if (!IsA(node, TypeCast)) {
        return false;
    }
    const TypeName *type = ((const TypeCast *)node)->typeName;
    bool is_builtin =
        list_length(type->names) == 1 || strcmp(strVal(linitial(type->names)), "pg_catalog") == 0;
    return is_builtin && list_length(type->arrayBounds) == 1 &&
           sql_type_is_allowed(strVal(llast(type->names)));
}

/* The arguments of `FROM unnest(array, ...)` with nothing more to it; NIL for anything else. */
static const List *unnested(const RangeFunction *function)
{
    ListCell *cell;
    if (function->lateral || function->ordinality || function->is_rowsfrom ||
        function->coldeflist != NIL || list_length(function->functions) != 1) {
        return NIL;
    }
    const Node *node = linitial((const List *)linitial(function->functions));
    if (!IsA(node, FuncCall) || list_length(((const FuncCall *)node)->funcname) != 1 ||
        strcmp(strVal(linitial(((const FuncCall *)node)->funcname)), "unnest") != 0) {
        return NIL;
    }
    foreach (cell, ((const FuncCall *)node)->args) {
        if (!is_plain_array(lfirst(cell))) {
            return NIL;
        }
    }
    return ((const FuncCall *)node)->args;
}

/* A column for each array, under names of ours where the client gave none. */
static void add_unnested(struct expansion *e, RangeFunction *function, const ResTarget *star)
{
    const List *arrays = unnested(function);
    if (arrays == NIL || (function->alias != NULL && function->alias->colnames != NIL)) {
        refuse_star(e->q, star);
    }
    if (function->alias == NULL) {
        function->alias = makeAlias(psprintf("%s%u", e->q->guard_prefix, ++e->q->num_aliases), NIL);
    }
    for (int i = 0; i < list_length(arrays); i++) {
        char *name = psprintf("%sc%d", e->q->guard_prefix, i + 1);
        function->alias->colnames = lappend(function->alias->colnames, makeString(name));
        ColumnRef *column = makeNode(ColumnRef);
        column->location = star->location;
        column->fields =
            list_make2(makeString(pstrdup(function->alias->aliasname)), makeString(name));
        ResTarget *target = makeNode(ResTarget);
        target->val = (Node *)column;
        target->location = star->location;
        e->targets = lappend(e->targets, target);
    }
}

/* Whether `qualifier.*` means this reference. */
static bool is_meant(const RangeVar *var, const ColumnRef *star)
{
    if (list_length(star->fields) != 2) {
        return false;
    }
    const char *name = var->alias != NULL ? var->alias->aliasname : var->relname;
    return strcmp(strVal(linitial(star->fields)), name) == 0;
}

static void expand_one(struct expansion *e, const ResTarget *target)
{
    const ColumnRef *star = (const ColumnRef *)target->val;
    bool is_qualified = list_length(star->fields) > 1;
    bool found = false;
    ListCell *cell;
    foreach (cell, e->from) {
        Node *item = lfirst(cell);
        if (IsA(item, RangeTableSample)) {
            item = ((RangeTableSample *)item)->relation;
        }
        if (IsA(item, RangeFunction) && list_length(e->from) == 1 && !is_qualified) {
            add_unnested(e, (RangeFunction *)item, target);
            found = true;
            continue;
        }
        if (!IsA(item, RangeVar)) {
            refuse_star(e->q, target);
        }
        if (!is_qualified || is_meant((RangeVar *)item, star)) {
            add_columns(e, (RangeVar *)item, target);
            found = true;
        }
    }
    if (!found) {
        refuse_star(e->q, target);
    }
}

/* The names of a WITH clause below the INSERT's own level. */
static void add_names(struct sql_level *level, const WithClause *with)
{
    ListCell *cell;
    if (with == NULL) {
        return;
    }
    foreach (cell, with->ctes) {
        sql_level_add_cte(level, lfirst(cell));
    }
}

/* A WITH clause between the source and its leaf: rare, and not worth a second scope analysis. */
static bool has_with_between(const SelectStmt *node, const SelectStmt *source)
{
    libpg_check_stack();
    if (node->op == SETOP_NONE) {
        return false;
    }
    return (node != source && node->withClause != NULL) || has_with_between(node->larg, source) ||
           has_with_between(node->rarg, source);
}

void sql_star_expand(struct sql_query *q, const struct sql_level *level, const SelectStmt *source,
                     SelectStmt *leaf)
{
    ListCell *cell;
    if (!sql_star_is_in(leaf->targetList)) {
        return;
    }
    if (has_with_between(source, source)) {
        refuse_star(q, linitial(leaf->targetList));
    }
    struct sql_level inner = sql_level_inside(level);
    add_names(&inner, source->withClause);
    add_names(&inner, leaf->withClause);
    struct expansion e = {.q = q, .level = &inner, .from = leaf->fromClause};
    foreach (cell, leaf->targetList) {
        ResTarget *target = lfirst(cell);
        if (is_star(target)) {
            expand_one(&e, target);
        } else {
            e.targets = lappend(e.targets, target);
        }
    }
    if (sql_star_is_in(e.targets)) {
        refuse_star(q, linitial(e.targets));
    }
    leaf->targetList = e.targets;
}

void sql_star_keep_name(ResTarget *target)
{
    if (target->name != NULL || !IsA(target->val, ColumnRef)) {
        return;
    }
    Node *last = llast(((const ColumnRef *)target->val)->fields);
    if (IsA(last, String)) {
        target->name = pstrdup(strVal(last));
    }
}
