/* SPDX-License-Identifier: Apache-2.0
 *
 * From the rewritten tree to text, and the proof that the text says the same. */
#ifndef POLICY_SQL_EMIT_H
#define POLICY_SQL_EMIT_H

#include "policy/sql/lexical.h"
#include "policy/sql/query.h"

struct sql_position {
    int emitted; /* bytes into the emitted text */
    int client;  /* bytes into the client's */
};

struct sql_emitted {
    const char *text; /* with the sentinel where the tenant belongs */
    size_t len;
    List *statements; /* RawStmt: text, parsed again */
};

/* Writes the statements, with the comments that are kept. Throws 0A000 when text and trees do not
 * say the same. */
struct sql_emitted sql_emit(struct sql_query *q, List *statements,
                            const struct sql_lexical *lexical);

/* Walks the client's tree and the emitted one side by side. palloc'd, ascending by emitted. */
size_t sql_emit_positions(List *statements, const struct sql_emitted *emitted,
                          struct sql_position **out);

#endif
