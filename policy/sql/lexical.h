/* SPDX-License-Identifier: Apache-2.0
 *
 * What must be known about a text before it is parsed: whether it is short, flat and well-encoded
 * enough, and which of its comments mean something to the server or to its tools. */
#ifndef POLICY_SQL_LEXICAL_H
#define POLICY_SQL_LEXICAL_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

/* Limits on one message. The parser and all who walk its trees recurse, so depth is what counts. */
#define SQL_MAX_TOKENS  ((size_t)1000000)
#define SQL_MAX_NESTING ((size_t)500)  /* parentheses, brackets and CASE inside each other */
#define SQL_MAX_CHAIN   ((size_t)2000) /* operators, casts, joins or set operations in a row */
#define SQL_MAX_COMMENT ((size_t)4096) /* bytes of a comment that is kept; longer ones are lost */

enum sql_lexical_status {
    SQL_LEXICAL_OK,
    SQL_LEXICAL_ENCODING, /* not UTF-8, or a NUL byte: 22021 */
    SQL_LEXICAL_TOO_LONG, /* more than max_bytes or SQL_MAX_TOKENS: 54000 */
    SQL_LEXICAL_TOO_DEEP, /* SQL_MAX_NESTING or SQL_MAX_CHAIN: 54001 */
    SQL_LEXICAL_TOO_NEW,  /* a number the server's version reads differently: 42601 */
};

struct sql_lexical {
    struct slice hint;    /* leading hint comment, or empty; borrows the text */
    struct slice trailer; /* trailing sqlcommenter comment, or empty; likewise */
    size_t location;      /* bytes into the text, of what was too deep or too new */
};

/* Looks through a NUL-terminated text of len bytes. Must not run inside libpg_run. */
MUST_USE enum sql_lexical_status sql_lexical_scan(const char *text, size_t len, size_t max_bytes,
                                                  uint32_t server_version, struct sql_lexical *out);

#endif
