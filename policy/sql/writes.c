/* SPDX-License-Identifier: Apache-2.0
 *
 * A statement kind that is not listed writes. */
#include "policy/sql/writes.h"

static bool select_writes(const SelectStmt *select)
{
    ListCell *cell;
    if (select->intoClause != NULL) {
        return true;
    }
    if (select->withClause == NULL) {
        return false;
    }
    foreach (cell, select->withClause->ctes) {
        if (!IsA(((const CommonTableExpr *)lfirst(cell))->ctequery, SelectStmt)) {
            return true;
        }
    }
    return false;
}

static bool transaction_writes(const TransactionStmt *stmt)
{
    switch (stmt->kind) {
    case TRANS_STMT_BEGIN:
    case TRANS_STMT_START:
    case TRANS_STMT_ROLLBACK:
    case TRANS_STMT_SAVEPOINT:
    case TRANS_STMT_RELEASE:
    case TRANS_STMT_ROLLBACK_TO:
        return false;
    case TRANS_STMT_COMMIT:
    case TRANS_STMT_PREPARE:
    case TRANS_STMT_COMMIT_PREPARED:
    case TRANS_STMT_ROLLBACK_PREPARED:
        break;
    }
    return true;
}

bool sql_statement_writes(const RawStmt *statement)
{
    switch ((int)nodeTag(statement->stmt)) {
    case T_SelectStmt:
        return select_writes((const SelectStmt *)statement->stmt);
    case T_TransactionStmt:
        return transaction_writes((const TransactionStmt *)statement->stmt);
    case T_CopyStmt: {
        const CopyStmt *copy = (const CopyStmt *)statement->stmt;
        return copy->is_from || (copy->query != NULL && !IsA(copy->query, SelectStmt));
    }
    case T_VariableShowStmt:
    case T_VariableSetStmt:
        return false;
    default:
        return true;
    }
}
