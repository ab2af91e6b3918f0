/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of commands and its look-up: a binary search over names folded to lower case as Redis
 * folds them (ASCII only). */
#include "policy/redis/command.h"

#include <string.h>

#include "protocol/check.h"

#define NAME_CAP ((size_t)32) /* the longest is "cluster|count-failure-reports", 29 bytes */

#define SERVER_VERSION(text) const char redis_commands_version[] = text;
#define COMMAND(id, name, arity, flags, first, last, step, group, since, summary, keys)
#include "policy/redis/commands.def"
#undef COMMAND
#undef SERVER_VERSION

#define NO_KEYS               \
    {                         \
        .kind = KEY_SPEC_NONE \
    }
#define RANGE(begin_, last_, step_)                                           \
    {                                                                         \
        .kind = KEY_SPEC_RANGE, .begin = begin_, .last = last_, .step = step_ \
    }
#define COUNTED(begin_, count_, first_, step_)                                                     \
    {                                                                                              \
        .kind = KEY_SPEC_COUNTED, .begin = begin_, .count = count_, .first = first_, .step = step_ \
    }
#define KEYWORD(word)           \
    {                           \
        .kind = KEY_SPEC_OPAQUE \
    }
#define UNKNOWN                 \
    {                           \
        .kind = KEY_SPEC_OPAQUE \
    }
#define NOT_KEY                 \
    {                           \
        .kind = KEY_SPEC_OPAQUE \
    }
#define KEYS(...)   \
    {               \
        __VA_ARGS__ \
    }

static const struct redis_command commands[REDIS_NUM_COMMANDS] = {
#define SERVER_VERSION(text)
#define COMMAND(id, name, arity, flags, first, last, step, group, since, summary, keys) \
    [REDIS_##id] = {name, arity, flags, first, last, step, group, since, summary, keys},
#include "policy/redis/commands.def"
#undef COMMAND
#undef SERVER_VERSION
};

const struct redis_command *redis_command_of(enum redis_command_id id)
{
    check((unsigned)id < REDIS_NUM_COMMANDS);
    return &commands[id];
}

/* Appends s in lower case to the name of *len bytes; false if it does not fit or cannot be one. */
static bool append_folded(char name[NAME_CAP], size_t *len, struct slice s)
{
    if (s.len > NAME_CAP - 1 - *len) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        uint8_t byte = s.ptr[i];
        if (byte == 0 || byte == '|') {
            return false;
        }
        name[*len] = (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
        (*len)++;
    }
    name[*len] = '\0';
    return true;
}

static bool find_folded(const char *name, enum redis_command_id *out)
{
    size_t low = 0;
    size_t high = REDIS_NUM_COMMANDS;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, commands[middle].name);
        if (order == 0) {
            *out = (enum redis_command_id)middle;
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

bool redis_command_find(struct slice name, struct slice subcommand, enum redis_command_id *out)
{
    char folded[NAME_CAP];
    size_t len = 0;
    if (!append_folded(folded, &len, name)) {
        return false;
    }
    if (subcommand.len > 0) {
        if (len == NAME_CAP - 1) {
            return false;
        }
        folded[len] = '|';
        len++;
        if (!append_folded(folded, &len, subcommand)) {
            return false;
        }
    }
    return find_folded(folded, out);
}

bool redis_command_is_container(enum redis_command_id id)
{
    return strstr(redis_command_of(id)->flags, "container") != NULL;
}
