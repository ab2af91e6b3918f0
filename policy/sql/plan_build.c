/* SPDX-License-Identifier: Apache-2.0
 *
 * From text to plan: limits, parse, check and rewrite, fence, emit, proof. Everything between
 * runs inside libpg_run, so that a refusal from any depth, an error of the library and a shortage
 * of memory all end here as a plan that refuses. The last step copies what the plan keeps. */
#include "policy/sql/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sql/emit.h"
#include "policy/sql/guard.h"
#include "policy/sql/lexical.h"
#include "policy/sql/passthrough.h"
#include "policy/sql/plan_parts.h"
#include "policy/sql/proof.h"
#include "policy/sql/query.h"
#include "policy/sql/statement.h"
#include "policy/sql/system.h"
#include "policy/sql/writes.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/utf8.h"

#define MAX_PARAM 65535
#define TEXT_OID  UINT32_C(25)

struct build {
    struct sql_query q;
    const char *text; /* owns, malloc'd: NUL-terminated */
    struct sql_lexical lexical;
    struct sql_plan *plan;
};

/* FNV-1a: not against collisions, only so that a text cannot easily hold what is made from it. */
static uint64_t hash_text(struct slice text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ text.ptr[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* A word that occurs nowhere in the client's text: the stem, or the stem and a hash of the text.
 * Case is ignored because the server folds names. Answers false when even that occurs. */
static bool find_unused(const char *text, size_t len, const char *stem, char *out, size_t cap)
{
    snprintf(out, cap, "%s", stem);
    if (strcasestr(text, out) == NULL) {
        return true;
    }
    uint64_t hash = hash_text(slice_of(text, len));
    snprintf(out, cap, "%s%08x_", stem, (unsigned)(hash ^ (hash >> 32)));
    return strcasestr(text, out) == NULL;
}

static bool init_query(struct build *b, const struct sql_environment *env,
                       const struct sql_request *request)
{
    b->q = (struct sql_query){.env = env, .request = request};
    b->q.text = b->text;
    b->q.text_len = request->text.len;
    b->q.uses_literals = request->protocol == SQL_SIMPLE;
    return find_unused(b->text, b->q.text_len, "rftenant", b->q.sentinel, sizeof(b->q.sentinel)) &&
           find_unused(b->text, b->q.text_len, "_rf", b->q.guard_prefix, sizeof(b->q.guard_prefix));
}

/* The client's parameters keep their numbers; the tenant comes behind them. */
static void number_params(struct sql_query *q)
{
    ListCell *cell;
    if ((size_t)q->max_param < q->request->num_param_types) {
        q->max_param = (int)q->request->num_param_types;
    }
    if (q->tenant_params != NIL && q->max_param >= MAX_PARAM) {
        sql_refuse(q, "54000", SQL_NO_LOCATION, NULL, "too many parameters");
    }
    foreach (cell, q->tenant_params) {
        ((ParamRef *)lfirst(cell))->number = q->max_param + 1;
    }
}

static void check_message(const struct sql_query *q, const List *statements)
{
    ListCell *cell;
    if (list_length(statements) <= 1) {
        return;
    }
    if (q->request->protocol == SQL_EXTENDED) {
        sql_refuse(q, "42601", SQL_NO_LOCATION, NULL,
                   "cannot insert multiple commands into a prepared statement");
    }
    foreach (cell, statements) {
        const Node *statement = ((RawStmt *)lfirst(cell))->stmt;
        if (IsA(statement, CopyStmt) && ((const CopyStmt *)statement)->is_from) {
            sql_refuse(q, "0A000", SQL_NO_LOCATION, "Send it alone.",
                       "COPY FROM beside other statements is not supported under tenant isolation");
        }
        if (IsA(((RawStmt *)lfirst(cell))->stmt, DeallocateStmt)) {
            sql_refuse(
                q, "0A000", SQL_NO_LOCATION, "Send it alone.",
                "DEALLOCATE beside other statements is not supported under tenant isolation");
        }
        if (IsA(((RawStmt *)lfirst(cell))->stmt, DiscardStmt)) {
            sql_refuse(q, "25001", SQL_NO_LOCATION, NULL,
                       "DISCARD ALL cannot run inside a transaction block");
        }
    }
}

static void rewrite(struct build *b, List *statements)
{
    size_t i = 0;
    ListCell *cell;
    b->plan->num_statements = (size_t)list_length(statements);
    b->plan->effects = mem_new_array(b->plan->num_statements, sizeof(enum sql_effect));
    foreach (cell, statements) {
        /* Doubt in one statement is no reason to fence another. */
        b->q.raising = false;
        b->q.guards = NIL;
        b->q.asks_system = false;
        b->q.sets_locally = false;
        b->plan->writes = b->plan->writes || sql_statement_writes(lfirst(cell));
        enum sql_effect effect = sql_statement_rewrite(&b->q, lfirst(cell));
        bool is_local = effect == SQL_EFFECT_NONE && b->q.sets_locally;
        b->plan->effects[i++] = is_local ? SQL_EFFECT_SET_LOCAL : effect;
        sql_system_check_use(&b->q);
        sql_guard_fence(&b->q);
    }
    number_params(&b->q);
}

/* Takes the sentinels out and notes where they were. */
static void keep_text(struct sql_plan *plan, const struct sql_query *q,
                      const struct sql_emitted *emitted)
{
    size_t len = strlen(q->sentinel);
    plan->text = mem_new(emitted->len + 1);
    plan->holes = mem_new_array(q->num_holes, sizeof(*plan->holes));
    const char *at = emitted->text;
    for (const char *next = strstr(at, q->sentinel); q->num_holes > 0 && next != NULL;
         next = strstr(at, q->sentinel)) {
        memcpy(plan->text + plan->text_len, at, (size_t)(next - at));
        plan->text_len += (size_t)(next - at);
        plan->holes[plan->num_holes++] = (uint32_t)plan->text_len;
        at = next + len;
    }
    size_t rest = strlen(at);
    memcpy(plan->text + plan->text_len, at, rest);
    plan->text_len += rest;
    check(plan->num_holes == q->num_holes);
}

static bool is_ascii(struct slice text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.len; i++) {
        all |= text.ptr[i];
    }
    return all < 0x80;
}

/* The character that begins at each byte of a text; NULL when every byte is one. */
static uint32_t *index_characters(struct slice text)
{
    if (is_ascii(text)) {
        return NULL;
    }
    uint32_t *index = palloc((text.len + 1) * sizeof(*index));
    uint32_t characters = 0;
    for (size_t i = 0; i < text.len; i++) {
        index[i] = characters;
        if (i + 1 == text.len || (text.ptr[i + 1] & 0xC0) != 0x80) {
            characters++;
        }
    }
    index[text.len] = characters;
    return index;
}

static uint32_t character_at(const uint32_t *index, size_t offset)
{
    return index == NULL ? (uint32_t)offset : index[offset];
}

static void keep_positions(struct sql_plan *plan, const struct sql_query *q, List *statements,
                           const struct sql_emitted *emitted)
{
    struct sql_position *found = NULL;
    size_t num = sql_emit_positions(statements, emitted, &found);
    plan->positions = mem_new_array(num, sizeof(*plan->positions));
    const uint32_t *sent = index_characters(slice_of(emitted->text, emitted->len));
    const uint32_t *client = index_characters(slice_of(q->text, q->text_len));
    size_t sentinel_len = strlen(q->sentinel);
    size_t hole = 0;
    for (size_t i = 0; i < num; i++) {
        size_t at = (size_t)found[i].emitted;
        while (hole < plan->num_holes && plan->holes[hole] + hole * sentinel_len < at) {
            hole++;
        }
        plan->positions[plan->num_positions++] = (struct plan_position){
            .emitted = character_at(sent, at) - (uint32_t)(hole * sentinel_len),
            .client = character_at(client, (size_t)found[i].client)};
    }
}

static void add_check(struct sql_plan *plan, Node *number, enum plan_bind_kind kind,
                      const struct sql_tenant_type *type)
{
    plan->bind_checks[plan->num_bind_checks++] =
        (struct plan_bind_check){.index = (size_t)intVal(number) - 1, .kind = kind, .type = type};
}

static void keep_checks(struct sql_plan *plan, const struct sql_query *q)
{
    ListCell *number;
    ListCell *type;
    if (q->expected != NULL) {
        plan->expected = mem_copy_string(q->expected, strlen(q->expected));
        plan->expected_type = q->expected_type;
        size_t before = (size_t)(q->expected_location > 0 ? q->expected_location : 0);
        plan->not_tenant.position = (int32_t)utf8_count(slice_of(q->text, q->text_len), before) + 1;
    }
    size_t num_checks = (size_t)(list_length(q->bind_params) + list_length(q->pattern_params) +
                                 list_length(q->setting_params));
    plan->bind_checks = mem_new_array(num_checks, sizeof(*plan->bind_checks));
    forboth(number, q->bind_params, type, q->bind_types)
    {
        add_check(plan, lfirst(number), PLAN_BIND_TENANT, lfirst(type));
    }
    foreach (number, q->pattern_params) {
        add_check(plan, lfirst(number), PLAN_BIND_PATTERN, NULL);
    }
    foreach (number, q->setting_params) {
        add_check(plan, lfirst(number), PLAN_BIND_SETTING, NULL);
    }
}

static void keep_copy(struct sql_plan *plan, const struct sql_query *q)
{
    plan->copies = q->copies;
    plan->copies_in = q->copy_in != NULL;
    if (plan->copies_in) {
        plan->copy_in = *q->copy_in;
    }
}

static void keep_setting(struct sql_plan *plan, const struct sql_query *q)
{
    if (q->deallocated != NULL) {
        plan->deallocated = mem_copy_string(q->deallocated, strlen(q->deallocated));
    }
    if (q->setting_name != NULL) {
        plan->setting_name = mem_copy_string(q->setting_name, strlen(q->setting_name));
    }
    if (q->setting_name != NULL && q->setting_value != NULL) {
        plan->setting_value = mem_copy_string(q->setting_value, strlen(q->setting_value));
    }
}

static void keep_notes(struct sql_plan *plan, const struct sql_query *q)
{
    ListCell *cell;
    plan->notes = mem_new_array((size_t)list_length(q->notes), sizeof(*plan->notes));
    foreach (cell, q->notes) {
        const char *note = lfirst(cell);
        plan->notes[plan->num_notes++] = mem_copy_string(note, strlen(note));
    }
}

static void measure(struct sql_plan *plan)
{
    plan->memory = sizeof(*plan) + plan->text_len + plan->num_holes * sizeof(*plan->holes) +
                   plan->num_positions * sizeof(*plan->positions) +
                   plan->num_bind_checks * sizeof(*plan->bind_checks) +
                   plan->num_statements * sizeof(*plan->effects);
    if (plan->expected != NULL) {
        plan->memory += strlen(plan->expected);
    }
    if (plan->refusal.message != NULL) {
        plan->memory += strlen(plan->refusal.message) + strlen(plan->refusal.hint);
    }
    for (size_t i = 0; i < plan->num_notes; i++) {
        plan->memory += strlen(plan->notes[i]) + sizeof(plan->notes[i]);
    }
}

static void build(void *arg)
{
    struct build *b = arg;
    List *statements = libpg_parse(b->text);
    if (statements == NIL) {
        b->plan->verdict = SQL_EMPTY;
        return;
    }
    check_message(&b->q, statements);
    rewrite(b, statements);
    struct sql_emitted emitted = sql_emit(&b->q, statements, &b->lexical);
    sql_proof_check(&b->q, emitted.statements);
    keep_text(b->plan, &b->q, &emitted);
    keep_positions(b->plan, &b->q, statements, &emitted);
    keep_checks(b->plan, &b->q);
    keep_notes(b->plan, &b->q);
    keep_setting(b->plan, &b->q);
    keep_copy(b->plan, &b->q);
    b->plan->num_params = (uint16_t)b->q.max_param;
    b->plan->is_tenants_own = b->q.request->protocol == SQL_EXTENDED && b->plan->num_holes > 0;
    b->plan->added_type = b->q.added_type_differs ? TEXT_OID : b->q.added_type;
    b->plan->verdict = SQL_FORWARD;
}

static char *copy(const char *text)
{
    return mem_copy_string(text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static void set_refusal(struct sql_plan *plan, const char *sqlstate, const char *message,
                        const char *hint, int32_t position)
{
    plan->verdict = SQL_REFUSE;
    plan->refusal = (struct sql_refusal){.sqlstate = copy(sqlstate),
                                         .message = copy(message),
                                         .detail = copy(NULL),
                                         .hint = copy(hint),
                                         .position = position};
}

static void take_error(struct build *b, const struct libpg_error *error)
{
    bool is_too_deep = strcmp(error->sqlstate, "54001") == 0;
    if (b->q.is_proving && !is_too_deep) {
        b->plan->proof_failed = true;
        set_refusal(b->plan, "0A000", "the statement could not be rewritten with certainty",
                    error->message, 0);
        return;
    }
    if (strncmp(error->sqlstate, "XX", 2) == 0) {
        set_refusal(b->plan, "0A000", "this statement is not supported under tenant isolation",
                    NULL, 0);
        return;
    }
    set_refusal(b->plan, error->sqlstate, error->message, error->hint,
                is_too_deep ? 0 : error->position);
}

static int32_t position_at(const struct build *b)
{
    struct slice text = slice_of(b->text, b->q.request->text.len);
    return (int32_t)utf8_count(text, b->lexical.location) + 1;
}

/* Answers whether the text may be parsed. */
static bool check_text(struct build *b, const struct sql_environment *env)
{
    switch (sql_lexical_scan(b->text, b->q.request->text.len, env->max_bytes,
                             env->catalog->server_version_num, &b->lexical)) {
    case SQL_LEXICAL_OK:
        return true;
    case SQL_LEXICAL_ENCODING:
        set_refusal(b->plan, "22021", "invalid byte sequence for encoding \"UTF8\"", NULL, 0);
        return false;
    case SQL_LEXICAL_TOO_LONG:
        set_refusal(b->plan, "54000", "statement is too long", NULL, 0);
        return false;
    case SQL_LEXICAL_TOO_DEEP:
        set_refusal(b->plan, "54001", "stack depth limit exceeded",
                    "The statement is nested too deeply.", 0);
        return false;
    case SQL_LEXICAL_TOO_NEW:
        set_refusal(b->plan, "42601", "trailing junk after numeric literal", NULL, position_at(b));
        return false;
    }
    return false;
}

static struct sql_plan *new_plan(const struct config_row *row)
{
    struct sql_plan *plan = mem_new(sizeof(*plan));
    plan->refs = 1;
    char message[128];
    snprintf(message, sizeof(message), "column \"%.80s\" may only hold the session's tenant",
             row->column);
    plan->not_tenant = (struct sql_refusal){
        .sqlstate = "42501",
        .message = copy(message),
        .detail = "",
        .hint = "Leave the column out, or give it the session's tenant.",
    };
    return plan;
}

struct sql_plan *sql_plan_new(const struct sql_environment *env, const struct sql_request *request)
{
    check(request->num_param_types <= MAX_PARAM);
    if (env->passes_through) {
        return sql_passthrough_plan(env, request);
    }
    check(env->catalog != NULL && env->row != NULL);
    char *text = mem_copy_string((const char *)request->text.ptr, request->text.len);
    struct build b = {.text = text, .plan = new_plan(env->row)};
    struct libpg_error error = {0};
    b.q.request = request;
    if (check_text(&b, env)) {
        if (!init_query(&b, env, request)) {
            set_refusal(b.plan, "0A000", "this text is reserved for the proxy", NULL, 0);
        } else if (!libpg_run(build, &b, &error)) {
            take_error(&b, &error);
        }
    }
    libpg_error_fini(&error);
    b.plan->not_tenant_bind = b.plan->not_tenant;
    b.plan->not_tenant_bind.position = 0;
    measure(b.plan);
    free(text);
    return b.plan;
}
