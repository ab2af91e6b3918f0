/* SPDX-License-Identifier: Apache-2.0
 *
 * The only door to libpg_query. The library reports errors by a long jump, and outside its handler
 * an error ends the process: so everything of ours that touches its trees runs inside
 * libpg_run, and a refusal leaves the same way, by libpg_throw. What the library allocates is
 * freed when libpg_run returns; whoever wants to keep a thing copies it before. */
#ifndef POLICY_SQL_LIBPG_H
#define POLICY_SQL_LIBPG_H

#include <stdbool.h>
#include <stdint.h>

#include "postgres.h"
#include "nodes/nodes.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "protocol/compiler.h"

/* The body of a run. */
typedef void (*libpg_fn)(void *arg);

/* What was thrown. The texts belong to the caller (free); detail and hint may be NULL. */
struct libpg_error {
    char sqlstate[6];
    char *message;
    char *detail;
    char *hint;
    int32_t position; /* characters from 1; 0 none */
};

/* Calls body(arg) with a memory context of its own and the library's error handler in place. True
 * when it returned; false when it threw, and then *out says what. Not reentrant. */
MUST_USE bool libpg_run(libpg_fn body, void *arg, struct libpg_error *out);

/* Releases the texts of an error. */
void libpg_error_fini(struct libpg_error *error);

/* Leaves the innermost libpg_run with this error. Texts may be temporary; hint may be NULL. */
pg_noreturn void libpg_throw(const char *sqlstate, int32_t position, const char *message,
                             const char *hint);

/* Parses NUL-terminated UTF-8: a list of RawStmt. Throws the server's own syntax error. */
List *libpg_parse(const char *text);

/* Throws 54001 when the stack is nearly used up. First line of every recursive function. */
void libpg_check_stack(void);

#endif
