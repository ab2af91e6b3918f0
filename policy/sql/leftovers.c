/* SPDX-License-Identifier: Apache-2.0
 *
 * A statement kind that is not in the switch, a function that functions.def does not know and a
 * name in the temporary schema all count as leaving something behind. What cannot be seen in the
 * text is not seen: triggers, defaults, operators and casts of the database's own that run code. */
#include "policy/sql/leftovers.h"

#include <string.h>
#include <strings.h>

#include "nodes/nodeFuncs.h"
#include "nodes/value.h"

#include "policy/sql/functions.h"

#define RELPERSISTENCE_TEMP 't' /* as in pg_class.h, which the library does not carry */

struct look {
    enum sql_effect effect; /* the first that pins, else the first that is one at all */
    bool advances;          /* sequences, perhaps */
};

static void note(struct look *look, enum sql_effect effect)
{
    if (look->effect == SQL_EFFECT_NONE ||
        (sql_effect_pin(look->effect) == NULL && sql_effect_pin(effect) != NULL)) {
        look->effect = effect;
    }
}

static enum sql_effect effect_of_function(const char *name)
{
    static const struct {
        const char *name;
        enum sql_effect effect;
    } functions[] = {
#define SESSION_FUNCTION(name, PIN) {name, SQL_EFFECT_PIN_##PIN},
#include "policy/sql/session_functions.def"
#undef SESSION_FUNCTION
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return functions[i].effect;
        }
    }
    return sql_function_is_builtin(name) ? SQL_EFFECT_NONE : SQL_EFFECT_PIN_FUNCTION;
}

/* Under another value of these the next text is not what it seems to be here. */
static bool changes_reading(const char *name)
{
    return strcasecmp(name, "client_encoding") == 0 || strcasecmp(name, "names") == 0 ||
           strcasecmp(name, "standard_conforming_strings") == 0 ||
           strcasecmp(name, "backslash_quote") == 0;
}

static const A_Const *constant(const Node *node, NodeTag tag)
{
    bool is_one = node != NULL && IsA(node, A_Const) &&
                  nodeTag(&((const A_Const *)node)->val) == tag && !((const A_Const *)node)->isnull;
    return is_one ? (const A_Const *)node : NULL;
}

/* set_config(name, value, true) ends with the transaction. */
static bool is_local_setting(const FuncCall *call)
{
    if (list_length(call->args) != 3) {
        return false;
    }
    const A_Const *name = constant(linitial(call->args), T_String);
    const A_Const *is_local = constant(lthird(call->args), T_Boolean);
    return name != NULL && !changes_reading(name->val.sval.sval) && is_local != NULL &&
           is_local->val.boolval.boolval;
}

static void look_at_call(struct look *look, const FuncCall *call)
{
    const char *name = strVal(llast(call->funcname));
    bool is_of_system = list_length(call->funcname) == 1 ||
                        (list_length(call->funcname) == 2 &&
                         strcmp(strVal(linitial(call->funcname)), "pg_catalog") == 0);
    if (!is_of_system) {
        note(look, SQL_EFFECT_PIN_FUNCTION);
        look->advances = true;
    } else if (strcmp(name, "nextval") == 0 || strcmp(name, "setval") == 0) {
        look->advances = true;
    } else if (strcmp(name, "set_config") == 0 && is_local_setting(call)) {
        note(look, SQL_EFFECT_SET_LOCAL);
    } else {
        note(look, effect_of_function(name));
        look->advances = look->advances || look->effect == SQL_EFFECT_PIN_FUNCTION;
    }
}

static void look_at_target(struct look *look, const IntoClause *into)
{
    if (into != NULL && into->rel != NULL && into->rel->relpersistence == RELPERSISTENCE_TEMP &&
        into->onCommit != ONCOMMIT_DROP) {
        note(look, SQL_EFFECT_PIN_TEMPORARY);
    }
}

static bool visit(Node *node, void *context)
{
    struct look *look = context;
    if (node == NULL) {
        return false;
    }
    libpg_check_stack();
    switch ((int)nodeTag(node)) {
    case T_FuncCall:
        look_at_call(look, (const FuncCall *)node);
        break;
    case T_SelectStmt:
        look_at_target(look, ((const SelectStmt *)node)->intoClause);
        break;
    case T_InsertStmt:
    case T_UpdateStmt:
    case T_MergeStmt:
        look->advances = true;
        break;
    default:
        break;
    }
    return raw_expression_tree_walker(node, visit, context);
}

static void look_at(struct look *look, const Node *statement, const char *text);

static enum sql_effect effect_of_transaction(const TransactionStmt *stmt)
{
    switch (stmt->kind) {
    case TRANS_STMT_BEGIN:
    case TRANS_STMT_START:
        return SQL_EFFECT_BEGIN;
    case TRANS_STMT_COMMIT:
    case TRANS_STMT_PREPARE: /* ends the block, too */
        return SQL_EFFECT_COMMIT;
    case TRANS_STMT_ROLLBACK:
        return SQL_EFFECT_ROLLBACK;
    case TRANS_STMT_SAVEPOINT:
    case TRANS_STMT_RELEASE:
    case TRANS_STMT_ROLLBACK_TO:
        return SQL_EFFECT_SAVEPOINT;
    case TRANS_STMT_COMMIT_PREPARED:
    case TRANS_STMT_ROLLBACK_PREPARED:
        break;
    }
    return SQL_EFFECT_NONE;
}

static enum sql_effect effect_of_set(const VariableSetStmt *stmt)
{
    bool is_of_transaction = stmt->kind == VAR_SET_MULTI && stmt->name != NULL &&
                             strncmp(stmt->name, "TRANSACTION", strlen("TRANSACTION")) == 0;
    bool is_local = stmt->is_local && !changes_reading(stmt->name);
    return is_local || is_of_transaction ? SQL_EFFECT_SET_LOCAL : SQL_EFFECT_PIN_SET;
}

static void look_at_relation(struct look *look, const RangeVar *relation, OnCommitAction on_commit)
{
    if (relation != NULL && relation->relpersistence == RELPERSISTENCE_TEMP &&
        on_commit != ONCOMMIT_DROP) {
        note(look, SQL_EFFECT_PIN_TEMPORARY);
    }
}

static void look_at_copy(struct look *look, const CopyStmt *copy)
{
    if (copy->is_from) {
        look->advances = true;
    }
    (void)visit(copy->query, look);
    (void)visit(copy->whereClause, look);
}

/* Statements of the session, and those that may make a temporary object or hold a query. True when
 * it was one. */
static bool look_at_session(struct look *look, const Node *statement, const char *text)
{
    switch ((int)nodeTag(statement)) {
    case T_TransactionStmt:
        note(look, effect_of_transaction((const TransactionStmt *)statement));
        return true;
    case T_VariableSetStmt:
        note(look, effect_of_set((const VariableSetStmt *)statement));
        return true;
    case T_DiscardStmt:
        if (((const DiscardStmt *)statement)->target == DISCARD_ALL) {
            note(look, SQL_EFFECT_DISCARD_ALL);
        }
        return true;
    case T_ListenStmt:
        note(look, SQL_EFFECT_PIN_LISTEN);
        return true;
    case T_PrepareStmt:
        note(look, SQL_EFFECT_PIN_PREPARE);
        look_at(look, ((const PrepareStmt *)statement)->query, text);
        return true;
    case T_DoStmt:
    case T_CallStmt:
    case T_LoadStmt:
        note(look, SQL_EFFECT_PIN_CODE);
        look->advances = true;
        return true;
    case T_DeclareCursorStmt: {
        const DeclareCursorStmt *cursor = (const DeclareCursorStmt *)statement;
        if ((cursor->options & CURSOR_OPT_HOLD) != 0) {
            note(look, SQL_EFFECT_PIN_CURSOR);
        }
        look_at(look, cursor->query, text);
        return true;
    }
    case T_ExplainStmt:
        look_at(look, ((const ExplainStmt *)statement)->query, text);
        return true;
    case T_CopyStmt:
        look_at_copy(look, (const CopyStmt *)statement);
        return true;
    default:
        return false;
    }
}

/* Statements that make relations. True when it was one. */
static bool look_at_making(struct look *look, const Node *statement, const char *text)
{
    switch ((int)nodeTag(statement)) {
    case T_CreateStmt: {
        const CreateStmt *create = (const CreateStmt *)statement;
        look_at_relation(look, create->relation, create->oncommit);
        return true;
    }
    case T_CreateTableAsStmt:
        look_at_target(look, ((const CreateTableAsStmt *)statement)->into);
        look_at(look, ((const CreateTableAsStmt *)statement)->query, text);
        look->advances = true;
        return true;
    case T_ViewStmt:
        look_at_relation(look, ((const ViewStmt *)statement)->view, ONCOMMIT_NOOP);
        return true;
    case T_CreateSeqStmt:
        look_at_relation(look, ((const CreateSeqStmt *)statement)->sequence, ONCOMMIT_NOOP);
        return true;
    default:
        return false;
    }
}

static bool is_stateless(const Node *statement)
{
    switch ((int)nodeTag(statement)) {
#define STATELESS(tag) case T_##tag:
#include "policy/sql/stateless.def"
#undef STATELESS
        return true;
    default:
        return false;
    }
}

static void look_at(struct look *look, const Node *statement, const char *text)
{
    union {
        const Node *in;
        Node *out;
    } node = {.in = statement};
    libpg_check_stack();
    switch ((int)nodeTag(statement)) {
    case T_SelectStmt:
    case T_InsertStmt:
    case T_UpdateStmt:
    case T_DeleteStmt:
    case T_MergeStmt:
        (void)visit(node.out, look);
        return;
    case T_ExecuteStmt:
        look->advances = true;
        return;
    default:
        if (!look_at_session(look, statement, text) && !look_at_making(look, statement, text)) {
            note(look, is_stateless(statement) ? SQL_EFFECT_NONE : SQL_EFFECT_UNKNOWN);
        }
    }
}

enum sql_effect sql_leftovers_of(const RawStmt *statement, const char *text, bool *advances)
{
    struct look look = {.effect = SQL_EFFECT_NONE};
    look_at(&look, statement->stmt, text);
    /* Anything may be made in the temporary schema by naming it, also in an escaped way. */
    if (strcasestr(text, "pg_temp") != NULL || strcasestr(text, "u&\"") != NULL) {
        note(&look, SQL_EFFECT_PIN_TEMPORARY);
    }
    *advances = *advances || look.advances;
    return look.effect;
}
