/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator typed. Keywords in any case, one command, a semicolon at its end if one likes;
 * names in double quotes where they could be taken for something else. */
#ifndef PROXY_CONSOLE_COMMAND_H
#define PROXY_CONSOLE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/config/admin.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"

/* Bytes of the longest command, and of the longest word in it. */
#define CONSOLE_TEXT_MAX ((size_t)512)
#define CONSOLE_NAME_MAX ((size_t)63)

enum console_verb {
#define CONSOLE_VERB(id, ...) CONSOLE_##id,
#include "proxy/console/verbs.def"
#undef CONSOLE_VERB
    CONSOLE_VERBS
};

enum console_argument { CONSOLE_NONE, CONSOLE_TARGET, CONSOLE_ANY, CONSOLE_DATABASE };

/* A row of verbs.def. */
struct console_verb_facts {
    const char *words;
    enum config_right right;
    enum console_argument argument;
    const char *tag;
    const char *meaning;
};

struct console_command {
    enum console_verb verb;
    bool is_tenant;                  /* name is a tenant's, not a database's */
    char name[CONSOLE_NAME_MAX + 1]; /* "": all */
};

enum console_parse { CONSOLE_PARSED, CONSOLE_EMPTY, CONSOLE_WRONG };

/* EMPTY: nothing but blanks and semicolons. */
MUST_USE enum console_parse console_parse(struct slice text, struct console_command *out);

const struct console_verb_facts *console_verb_facts(enum console_verb verb);

#endif
