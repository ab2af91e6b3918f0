/* SPDX-License-Identifier: Apache-2.0
 *
 * The COMMAND family. redis-cli asks COMMAND DOCS for its help, client libraries ask COMMAND for
 * key positions and flags. Argument trees, categories and tips are left out (empty): nobody needs
 * them to talk, and what is here comes from the same rows that decide. */
#include "policy/redis/command_reply.h"

#include <string.h>

#include "protocol/check.h"

/* The whole of COMMAND is about 30 KB and of COMMAND DOCS about 45 KB; each row of an INFO or DOCS
 * with names is at most this long, subcommands included. */
#define WHOLE_CAP ((size_t)128 << 10)
#define ROW_CAP   ((size_t)4096)
#define NAMES_CAP                                                                   \
    ((size_t)512) /* names in one question: a small request must not earn megabytes \
                   */

bool redis_is_command_query(enum redis_command_id id)
{
    return id == REDIS_COMMAND || id == REDIS_COMMAND_COUNT || id == REDIS_COMMAND_DOCS ||
           id == REDIS_COMMAND_GETKEYS || id == REDIS_COMMAND_INFO || id == REDIS_COMMAND_LIST;
}

size_t redis_command_reply_cap(const struct request *request)
{
    size_t num_rows = request->num_args < NAMES_CAP ? request->num_args : NAMES_CAP;
    return WHOLE_CAP + request->frame.len + num_rows * ROW_CAP;
}

static bool is_subcommand(enum redis_command_id id)
{
    return strchr(redis_command_of(id)->name, '|') != NULL;
}

/* Whether a tenant sees the command at the top level. */
static bool is_shown(enum redis_command_id id)
{
    return redis_command_is_allowed(id) && !is_subcommand(id);
}

/* Whether id is an allowed subcommand of the container. */
static bool is_shown_below(enum redis_command_id id, enum redis_command_id container)
{
    const char *name = redis_command_of(container)->name;
    size_t len = strlen(name);
    return redis_command_is_allowed(id) && strncmp(redis_command_of(id)->name, name, len) == 0 &&
           redis_command_of(id)->name[len] == '|';
}

static size_t count_shown(void)
{
    size_t num = 0;
    for (unsigned id = 0; id < REDIS_NUM_COMMANDS; id++) {
        num += is_shown((enum redis_command_id)id) ? 1 : 0;
    }
    return num;
}

/* Flags stand in one string, separated by spaces. */
static void write_flags(struct writer *w, const char *flags, enum resp_version version)
{
    size_t num = flags[0] == '\0' ? 0 : 1;
    for (const char *c = flags; *c != '\0'; c++) {
        num += *c == ' ' ? 1 : 0;
    }
    resp_write_set(w, num, version);
    while (num > 0) {
        size_t len = strcspn(flags, " ");
        resp_write_simple(w, slice_of(flags, len));
        flags += len + (flags[len] == ' ' ? 1 : 0);
        num--;
    }
}

static void write_info_head(struct writer *w, enum redis_command_id id, enum resp_version version)
{
    const struct redis_command *command = redis_command_of(id);
    resp_write_array(w, 10);
    resp_write_bulk(w, slice_text(command->name));
    resp_write_integer(w, command->arity);
    write_flags(w, command->flags, version);
    resp_write_integer(w, command->first_key);
    resp_write_integer(w, command->last_key);
    resp_write_integer(w, command->key_step);
    resp_write_set(w, 0, version); /* ACL categories */
    resp_write_array(w, 0);        /* tips */
    resp_write_array(w, 0);        /* key specs */
}

static void write_info(struct writer *w, enum redis_command_id id, enum resp_version version)
{
    write_info_head(w, id, version);
    size_t num_below = 0;
    for (unsigned other = 0; other < REDIS_NUM_COMMANDS; other++) {
        num_below += is_shown_below((enum redis_command_id)other, id) ? 1 : 0;
    }
    resp_write_array(w, num_below);
    for (unsigned other = 0; num_below > 0 && other < REDIS_NUM_COMMANDS; other++) {
        if (is_shown_below((enum redis_command_id)other, id)) {
            write_info_head(w, (enum redis_command_id)other, version);
            resp_write_array(w, 0);
        }
    }
}

static void write_docs(struct writer *w, enum redis_command_id id, enum resp_version version)
{
    const struct redis_command *command = redis_command_of(id);
    const char *const fields[][2] = {
        {"summary", command->summary}, {"since", command->since}, {"group", command->group}};
    resp_write_bulk(w, slice_text(command->name));
    resp_write_map(w, 3, version);
    for (size_t i = 0; i < 3; i++) {
        resp_write_bulk(w, slice_text(fields[i][0]));
        resp_write_bulk(w, slice_text(fields[i][1]));
    }
}

/* The allowed command that the argument names, which may be "container|subcommand". */
static bool find_shown(struct slice arg, enum redis_command_id *out)
{
    const uint8_t *bar = arg.len > 0 ? memchr(arg.ptr, '|', arg.len) : NULL;
    size_t name_len = bar == NULL ? arg.len : (size_t)(bar - arg.ptr);
    struct slice below = bar == NULL ? slice_of(NULL, 0) : slice_from(arg, name_len + 1);
    return (bar == NULL || below.len > 0) &&
           redis_command_find(slice_between(arg, 0, name_len), below, out) &&
           redis_command_is_allowed(*out);
}

static void write_all_info(struct writer *w, enum resp_version version)
{
    resp_write_array(w, count_shown());
    for (unsigned id = 0; id < REDIS_NUM_COMMANDS; id++) {
        if (is_shown((enum redis_command_id)id)) {
            write_info(w, (enum redis_command_id)id, version);
        }
    }
}

static void write_some_info(struct writer *w, const struct request *request,
                            enum resp_version version)
{
    resp_write_array(w, request->num_args - 2);
    for (size_t i = 2; i < request->num_args; i++) {
        enum redis_command_id id;
        if (find_shown(request->args[i], &id)) {
            write_info(w, id, version);
        } else {
            writer_bytes(w, slice_text(version == RESP_3 ? "_\r\n" : "*-1\r\n"));
        }
    }
}

static void write_all_docs(struct writer *w, enum resp_version version)
{
    resp_write_map(w, count_shown(), version);
    for (unsigned id = 0; id < REDIS_NUM_COMMANDS; id++) {
        if (is_shown((enum redis_command_id)id)) {
            write_docs(w, (enum redis_command_id)id, version);
        }
    }
}

static void write_some_docs(struct writer *w, const struct request *request,
                            enum resp_version version)
{
    enum redis_command_id id;
    size_t num_found = 0;
    for (size_t i = 2; i < request->num_args; i++) {
        num_found += find_shown(request->args[i], &id) ? 1 : 0;
    }
    resp_write_map(w, num_found, version);
    for (size_t i = 2; i < request->num_args; i++) {
        if (find_shown(request->args[i], &id)) {
            write_docs(w, id, version);
        }
    }
}

static void write_list(struct writer *w, const struct request *request)
{
    if (request->num_args > 2) {
        resp_write_error(w, slice_text("ERR syntax error"));
        return;
    }
    resp_write_array(w, count_shown());
    for (unsigned id = 0; id < REDIS_NUM_COMMANDS; id++) {
        if (is_shown((enum redis_command_id)id)) {
            resp_write_bulk(w, slice_text(redis_command_of((enum redis_command_id)id)->name));
        }
    }
}

/* The keys that a forwarded command would be sent with, under the client's own names. */
static void write_keys(struct writer *w, const struct request *request,
                       struct redis_scratch *scratch)
{
    const struct request asked = {.args = request->args + 2, .num_args = request->num_args - 2};
    struct redis_decision decision;
    redis_decide(&asked, scratch, &decision);
    if (decision.id == REDIS_NUM_COMMANDS) {
        resp_write_error(w, slice_text("ERR Invalid command specified"));
        return;
    }
    if (decision.verdict == REDIS_REFUSE) {
        resp_write_error(w, slice_text("ERR Invalid arguments specified for command"));
        return;
    }
    size_t num_keys = 0;
    for (size_t i = 0; decision.marks != NULL && i < asked.num_args; i++) {
        num_keys += decision.marks[i] == REDIS_MARK_KEY ? 1 : 0;
    }
    if (num_keys == 0) {
        resp_write_error(w, slice_text("ERR The command has no key arguments"));
        return;
    }
    resp_write_array(w, num_keys);
    for (size_t i = 0; i < asked.num_args; i++) {
        if (decision.marks[i] == REDIS_MARK_KEY) {
            resp_write_bulk(w, asked.args[i]);
        }
    }
}

void redis_write_command_reply(struct writer *w, const struct request *request,
                               enum redis_command_id id, struct redis_scratch *scratch,
                               enum resp_version version)
{
    check(redis_is_command_query(id));
    bool is_whole = request->num_args <= 2;
    if (request->num_args > NAMES_CAP && id != REDIS_COMMAND_GETKEYS) {
        resp_write_error(w, slice_text("ERR too many command names"));
        return;
    }
    if (id == REDIS_COMMAND || (id == REDIS_COMMAND_INFO && is_whole)) {
        write_all_info(w, version);
    } else if (id == REDIS_COMMAND_INFO) {
        write_some_info(w, request, version);
    } else if (id == REDIS_COMMAND_DOCS && is_whole) {
        write_all_docs(w, version);
    } else if (id == REDIS_COMMAND_DOCS) {
        write_some_docs(w, request, version);
    } else if (id == REDIS_COMMAND_COUNT) {
        resp_write_integer(w, (int64_t)count_shown());
    } else if (id == REDIS_COMMAND_LIST) {
        write_list(w, request);
    } else {
        write_keys(w, request, scratch);
    }
}
