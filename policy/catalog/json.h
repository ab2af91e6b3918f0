/* SPDX-License-Identifier: Apache-2.0
 *
 * A catalogue as JSON: what `ringfence catalog` prints and `explain --catalog FILE` reads. The
 * reader is strict: an unknown key, a missing one or a wrong type is refused. */
#ifndef POLICY_CATALOG_JSON_H
#define POLICY_CATALOG_JSON_H

#include "policy/catalog/builder.h"
#include "policy/catalog/catalog.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define CATALOG_JSON_MAX ((size_t)64 << 20) /* 64 MiB: about 30,000 tables of 20 columns */

/* The catalogue as indented JSON text, owned by the caller (free() it). Never NULL. */
char *catalog_to_json(const struct catalog *catalog);

/* The reverse. On CATALOG_OK *out is owned by the caller; otherwise it is NULL and message (one
 * line, cut at cap) says what is wrong and, for a syntax error, in which line. */
MUST_USE enum catalog_status catalog_from_json(struct slice text, struct catalog **out,
                                               char *message, size_t cap);

#endif
