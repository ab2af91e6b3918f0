/* SPDX-License-Identifier: Apache-2.0
 *
 * The text is parsed only to find out what it leaves behind. One that does not parse here (a typo,
 * a newer grammar, another encoding, too deep) is sent all the same and leaves the unknown. */
#include "policy/sql/passthrough.h"

#include <stdlib.h>
#include <string.h>

#include "policy/sql/leftovers.h"
#include "policy/sql/lexical.h"
#include "policy/sql/plan_parts.h"
#include "policy/sql/tracked.h"
#include "policy/sql/writes.h"
#include "protocol/check.h"
#include "protocol/mem.h"

#define NEWEST_SERVER UINT32_MAX /* no number is read differently by the server */

struct look {
    const char *text;
    struct sql_plan *plan;
};

static void keep_setting(struct sql_plan *plan, const RawStmt *statement)
{
    const char *value = NULL;
    const char *name = IsA(statement->stmt, VariableSetStmt)
                           ? sql_tracked_setting((const VariableSetStmt *)statement->stmt, &value)
                           : NULL;
    if (IsA(statement->stmt, VariableSetStmt) &&
        ((const VariableSetStmt *)statement->stmt)->kind == VAR_RESET_ALL) {
        name = SQL_ALL_SETTINGS;
    }
    if (IsA(statement->stmt, DeallocateStmt)) {
        const char *deallocated = ((const DeallocateStmt *)statement->stmt)->name;
        deallocated = deallocated != NULL ? deallocated : "";
        plan->deallocated = mem_copy_string(deallocated, strlen(deallocated));
    }
    if (name != NULL) {
        plan->setting_name = mem_copy_string(name, strlen(name));
        plan->setting_value = value == NULL ? NULL : mem_copy_string(value, strlen(value));
    }
}

static void look_through(void *arg)
{
    struct look *look = arg;
    struct sql_plan *plan = look->plan;
    const List *statements = libpg_parse(look->text);
    ListCell *cell;
    plan->num_statements = 0;
    free(plan->effects);
    plan->effects = mem_new_array((size_t)list_length(statements) + 1, sizeof(enum sql_effect));
    if (statements != NIL) {
        keep_setting(plan, llast(statements));
    }
    foreach (cell, statements) {
        enum sql_effect effect = sql_leftovers_of(lfirst(cell), look->text, &plan->advances);
        plan->effects[plan->num_statements++] = effect;
        plan->writes =
            plan->writes || effect == SQL_EFFECT_PIN_FUNCTION || sql_statement_writes(lfirst(cell));
    }
}

static void keep_text(struct sql_plan *plan, struct slice text)
{
    plan->text = mem_new(text.len + 1);
    if (text.len > 0) {
        memcpy(plan->text, text.ptr, text.len);
    }
    plan->text_len = text.len;
    plan->verdict = SQL_FORWARD;
    plan->is_verbatim = true;
}

static void leave_unknown(struct sql_plan *plan)
{
    free(plan->effects);
    plan->effects = mem_new(sizeof *plan->effects);
    plan->effects[0] = SQL_EFFECT_UNKNOWN;
    plan->num_statements = 1;
    plan->advances = true;
    plan->writes = true;
}

struct sql_plan *sql_passthrough_plan(const struct sql_environment *env,
                                      const struct sql_request *request)
{
    struct sql_plan *plan = mem_new(sizeof *plan);
    char *text = mem_copy_string((const char *)request->text.ptr, request->text.len);
    struct sql_lexical lexical;
    struct libpg_error error = {0};
    struct look look = {.text = text, .plan = plan};
    plan->refs = 1;
    keep_text(plan, request->text);
    if (sql_lexical_scan(text, request->text.len, env->max_bytes, NEWEST_SERVER, &lexical) !=
            SQL_LEXICAL_OK ||
        !libpg_run(look_through, &look, &error)) {
        leave_unknown(plan);
    }
    libpg_error_fini(&error);
    plan->memory = sizeof *plan + plan->text_len + plan->num_statements * sizeof *plan->effects;
    free(text);
    return plan;
}
