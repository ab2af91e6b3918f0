/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands Redis has (commands.def, generated) and what a tenant may do with each
 * (reviewed.def, by hand). What nobody reviewed is refused. */
#ifndef POLICY_REDIS_COMMAND_H
#define POLICY_REDIS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

enum redis_command_id {
#define SERVER_VERSION(text)
#define COMMAND(id, name, arity, flags, first, last, step, group, since, summary, keys) REDIS_##id,
#include "policy/redis/commands.def"
#undef COMMAND
#undef SERVER_VERSION
    REDIS_NUM_COMMANDS,
};

enum redis_key_spec_kind {
    KEY_SPEC_NONE,
    KEY_SPEC_RANGE,   /* from begin to last, every step-th */
    KEY_SPEC_COUNTED, /* as many as the argument at begin + count says, from begin + first on */
    KEY_SPEC_OPAQUE,  /* cannot be used: a reviewed parser is needed */
};

struct redis_key_spec {
    enum redis_key_spec_kind kind;
    int8_t begin;
    int8_t last;  /* range: from begin if not negative, else from the end */
    int8_t count; /* counted */
    int8_t first; /* counted */
    int8_t step;
};

#define REDIS_KEY_SPECS_CAP 3

struct redis_command {
    const char *name;  /* lower case; "object|encoding" for a subcommand */
    int arity;         /* exact number of arguments, or the negated least; the name counts */
    const char *flags; /* Redis' own, separated by spaces */
    int first_key;     /* as COMMAND reports them */
    int last_key;
    int key_step;
    const char *group;
    const char *since;
    const char *summary;
    struct redis_key_spec keys[REDIS_KEY_SPECS_CAP];
};

/* The version of the server that the table was generated from. */
extern const char redis_commands_version[];

/* Never NULL for an id below REDIS_NUM_COMMANDS. */
const struct redis_command *redis_command_of(enum redis_command_id id);

/* Finds a command, or the subcommand of a container when subcommand is not empty. Case does not
 * matter. False if Redis has none of that name. */
bool redis_command_find(struct slice name, struct slice subcommand, enum redis_command_id *out);

/* Whether the command does nothing but hold subcommands. */
bool redis_command_is_container(enum redis_command_id id);

#endif
