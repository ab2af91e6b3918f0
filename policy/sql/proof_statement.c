/* SPDX-License-Identifier: Apache-2.0
 *
 * The entry of the checker: statements with a query inside, and those that have none. */
#include "policy/sql/proof.h"

#include <string.h>

#include "nodes/value.h"

#include "policy/sql/proof_parts.h"
#include "policy/sql/reserved.h"

static void check_reserved(const struct proof *p, const char *name)
{
    if (sql_name_is_reserved(name)) {
        proof_fail(p, "a name of the proxy's own statements");
    }
}

/* Nothing that was counted or estimated may be shown. */
static void check_explain(const struct proof *p, const ExplainStmt *explain)
{
    bool hides_costs = false;
    ListCell *cell;
    foreach (cell, explain->options) {
        const DefElem *option = lfirst(cell);
        bool is_off = option->arg != NULL && IsA(option->arg, String) &&
                      strcmp(strVal(option->arg), "off") == 0;
        hides_costs = hides_costs || (strcmp(option->defname, "costs") == 0 && is_off);
    }
    if (p->q->env->row->metadata != METADATA_OPEN && !hides_costs) {
        proof_fail(p, "EXPLAIN shows estimates");
    }
    if (IsA(explain->query, ExecuteStmt)) {
        check_reserved(p, ((const ExecuteStmt *)explain->query)->name);
    } else {
        proof_check_query(p, NULL, explain->query);
    }
}

/* Rows that come in are given their tenant outside of the text: here it counts that its column is
 * among those they have. */
static void check_copy(const struct proof *p, const CopyStmt *copy)
{
    ListCell *cell;
    bool has_tenant = false;
    if (copy->filename != NULL || copy->is_program) {
        proof_fail(p, "COPY to or from the server's own");
    }
    if (!copy->is_from) {
        if (copy->relation != NULL || copy->query == NULL) {
            proof_fail(p, "COPY of a table");
        }
        proof_check_query(p, NULL, copy->query);
        return;
    }
    (void)proof_target(p, copy->relation);
    proof_check_expression(p, NULL, copy->whereClause);
    foreach (cell, copy->attlist) {
        has_tenant = has_tenant || strcmp(strVal(lfirst(cell)), p->q->env->row->column) == 0;
    }
    if (!has_tenant || p->q->copy_in == NULL) {
        proof_fail(p, "COPY without the tenant's column");
    }
}

/* Answers false when it is no such statement. */
static bool check_utility(const struct proof *p, const Node *statement)
{
    switch ((int)nodeTag(statement)) {
    case T_ExplainStmt:
        check_explain(p, (const ExplainStmt *)statement);
        return true;
    case T_DeclareCursorStmt:
        proof_check_query(p, NULL, ((const DeclareCursorStmt *)statement)->query);
        return true;
    case T_PrepareStmt:
        check_reserved(p, ((const PrepareStmt *)statement)->name);
        proof_check_query(p, NULL, ((const PrepareStmt *)statement)->query);
        return true;
    case T_CopyStmt:
        check_copy(p, (const CopyStmt *)statement);
        return true;
    case T_ExecuteStmt:
        check_reserved(p, ((const ExecuteStmt *)statement)->name);
        proof_check_expression(p, NULL, ((const ExecuteStmt *)statement)->params);
        return true;
    default:
        return false;
    }
}

/* Transactions, settings and cursors by name: no relation in them, and no expression. */
static bool has_no_query(const Node *statement)
{
    return IsA(statement, TransactionStmt) || IsA(statement, VariableSetStmt) ||
           IsA(statement, VariableShowStmt) || IsA(statement, DiscardStmt) ||
           IsA(statement, DeallocateStmt) || IsA(statement, FetchStmt) ||
           IsA(statement, ClosePortalStmt) || IsA(statement, UnlistenStmt);
}

void sql_proof_check(struct sql_query *q, const List *statements)
{
    struct proof p = {.q = q};
    ListCell *cell;
    foreach (cell, statements) {
        const Node *statement = ((const RawStmt *)lfirst(cell))->stmt;
        if (!has_no_query(statement) && !check_utility(&p, statement)) {
            proof_check_query(&p, NULL, statement);
        }
    }
}
