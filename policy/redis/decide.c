/* SPDX-License-Identifier: Apache-2.0
 *
 * The choke point of the Redis side: look-up, arity, review, keys. What reaches the server is a
 * known command with a number of arguments that the server accepts, so that it gives exactly one
 * reply. Everything else is answered here, in the words of Redis 7.0. */
#include "policy/redis/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/redis/keys.h"
#include "protocol/check.h"

#define MARKS_CAP_START 64

enum review_kind { REVIEW_NONE, REVIEW_FORWARD, REVIEW_LOCAL, REVIEW_CONTAINER };

struct review {
    enum review_kind kind;
    enum redis_key_finder finder;
    enum redis_reply_rule reply_rule;
};

static const struct review reviews[REDIS_NUM_COMMANDS] = {
#define FORWARD(id, keys, reply) \
    [REDIS_##id] = {REVIEW_FORWARD, REDIS_KEYS_##keys, REDIS_REPLY_##reply},
#define LOCAL(id)     [REDIS_##id] = {.kind = REVIEW_LOCAL},
#define CONTAINER(id) [REDIS_##id] = {.kind = REVIEW_CONTAINER},
#include "policy/redis/reviewed.def"
#undef FORWARD
#undef LOCAL
#undef CONTAINER
};

void redis_scratch_fini(struct redis_scratch *scratch)
{
    if (scratch != NULL) {
        free(scratch->marks);
        *scratch = (struct redis_scratch){.marks = NULL};
    }
}

bool redis_command_is_allowed(enum redis_command_id id)
{
    check((unsigned)id < REDIS_NUM_COMMANDS);
    return reviews[id].kind != REVIEW_NONE;
}

/* Room for num marks, all NONE. False when memory is short. */
static bool clear_marks(struct redis_scratch *scratch, size_t num)
{
    if (num > scratch->cap) {
        size_t cap = scratch->cap == 0 ? MARKS_CAP_START : scratch->cap * 2;
        cap = cap < num ? num : cap;
        uint8_t *marks = realloc(scratch->marks, cap);
        if (marks == NULL) {
            return false;
        }
        scratch->marks = marks;
        scratch->cap = cap;
    }
    memset(scratch->marks, REDIS_MARK_NONE, num);
    return true;
}

/* Appends at most max bytes of s as C's "%.*s" would (a NUL ends it); CR and LF become spaces. */
static void append_text(char error[REDIS_ERROR_CAP], size_t *len, struct slice s, size_t max)
{
    for (size_t i = 0; i < s.len && i < max && *len < REDIS_ERROR_CAP - 1 && s.ptr[i] != 0; i++) {
        uint8_t byte = s.ptr[i];
        error[*len] = (char)(byte == '\r' || byte == '\n' ? ' ' : byte);
        (*len)++;
    }
    error[*len] = '\0';
}

#define SHOWN_CAP ((size_t)128) /* bytes of a name, and of all arguments, that Redis quotes */

/* Redis' answer to a command it does not know (processCommand in server.c). Clients match on it. */
static void refuse_command(const struct request *request, struct redis_decision *out)
{
    size_t len = 0;
    append_text(out->error, &len, slice_text("ERR unknown command '"), SIZE_MAX);
    append_text(out->error, &len, request->args[0], SHOWN_CAP);
    append_text(out->error, &len, slice_text("', with args beginning with: "), SIZE_MAX);
    size_t start = len;
    for (size_t i = 1; i < request->num_args && len - start < SHOWN_CAP; i++) {
        append_text(out->error, &len, slice_text("'"), 1);
        append_text(out->error, &len, request->args[i], SHOWN_CAP - (len - 1 - start));
        append_text(out->error, &len, slice_text("' "), 2);
    }
    out->id = REDIS_NUM_COMMANDS;
}

static void refuse_subcommand(const struct request *request, const struct redis_command *container,
                              struct redis_decision *out)
{
    size_t len = 0;
    append_text(out->error, &len, slice_text("ERR unknown subcommand '"), SIZE_MAX);
    append_text(out->error, &len, request->args[1], SHOWN_CAP);
    append_text(out->error, &len, slice_text("'. Try "), SIZE_MAX);
    for (const char *c = container->name; *c != '\0'; c++) {
        const char upper = (char)(*c - ('a' - 'A')); /* names of containers are letters only */
        append_text(out->error, &len, slice_of(&upper, 1), 1);
    }
    append_text(out->error, &len, slice_text(" HELP."), SIZE_MAX);
    out->id = REDIS_NUM_COMMANDS;
}

static bool arity_fits(const struct redis_command *command, size_t num_args)
{
    return command->arity >= 0 ? num_args == (size_t)command->arity
                               : num_args >= (size_t)-command->arity;
}

/* Finds the command that was asked for and may be run; false with the answer filled in. */
static bool find_command(const struct request *request, struct redis_decision *out)
{
    if (!redis_command_find(request->args[0], slice_of(NULL, 0), &out->id) ||
        !redis_command_is_allowed(out->id)) {
        refuse_command(request, out);
        return false;
    }
    bool may_hold_others = reviews[out->id].kind != REVIEW_FORWARD && request->num_args > 1;
    if (!may_hold_others || !redis_command_is_container(out->id)) {
        return true;
    }
    const struct redis_command *container = redis_command_of(out->id);
    if (request->args[1].len == 0 ||
        !redis_command_find(request->args[0], request->args[1], &out->id) ||
        !redis_command_is_allowed(out->id)) {
        refuse_subcommand(request, container, out);
        return false;
    }
    return true;
}

static void decide_forward(const struct request *request, const struct review *review,
                           struct redis_scratch *scratch, struct redis_decision *out)
{
    if (!clear_marks(scratch, request->num_args)) {
        snprintf(out->error, REDIS_ERROR_CAP, "ERR out of memory");
        return;
    }
    struct redis_key_search search = {.command = redis_command_of(out->id),
                                      .id = out->id,
                                      .args = request->args,
                                      .num_args = request->num_args,
                                      .marks = scratch->marks,
                                      .error = out->error};
    if (!redis_find_keys(&search, review->finder)) {
        return;
    }
    out->verdict = REDIS_FORWARD;
    out->reply_rule = review->reply_rule;
    out->adds_match = search.adds_match;
    out->marks = scratch->marks;
}

void redis_decide(const struct request *request, struct redis_scratch *scratch,
                  struct redis_decision *out)
{
    check(request->num_args > 0);
    out->verdict = REDIS_REFUSE;
    out->id = REDIS_NUM_COMMANDS;
    out->reply_rule = REDIS_REPLY_PLAIN;
    out->adds_match = false;
    out->marks = NULL;
    out->error[0] = '\0';
    if (!find_command(request, out)) {
        return;
    }
    const struct redis_command *command = redis_command_of(out->id);
    if (!arity_fits(command, request->num_args)) {
        snprintf(out->error, REDIS_ERROR_CAP, "ERR wrong number of arguments for '%s' command",
                 command->name);
        return;
    }
    const struct review *review = &reviews[out->id];
    if (review->kind == REVIEW_FORWARD) {
        decide_forward(request, review, scratch, out);
    } else {
        check(review->kind == REVIEW_LOCAL);
        out->verdict = REDIS_LOCAL;
    }
}
