/* SPDX-License-Identifier: Apache-2.0
 *
 * Where things stand in a YAML text. libcyaml checks a file against its schema but says only
 * roughly where a fault is; this tree of positions gives line and column of every key and value,
 * and refuses what a configuration has no use for: anchors, aliases, tags, nulls, control
 * characters, several documents, deep nesting. */
#ifndef POLICY_CONFIG_DOCUMENT_H
#define POLICY_CONFIG_DOCUMENT_H

#include "policy/config/load.h"

#define DOCUMENT_DEPTH_MAX 8          /* the schema needs 6 */
#define DOCUMENT_NODES_MAX 2000000u   /* a tenants file of 16 MiB has fewer */
#define DOCUMENT_KEY_MAX   128        /* bytes; the schema's longest has 63 */
#define DOCUMENT_NONE      UINT32_MAX /* a node that is not there; it has no children either */
#define DOCUMENT_ROOT      0u

struct document;

/* Parses text. file is for messages. On CONFIG_WRONG *out is NULL and *out_error is filled in. */
MUST_USE enum config_status document_parse(struct slice text, const char *file,
                                           struct document **out, struct config_error *out_error);

/* Releases the document and clears the pointer; NULL is fine. */
void document_free(struct document **document);

/* The value of that key in a mapping; of several, the last. DOCUMENT_NONE if there is none. */
uint32_t document_child(const struct document *document, uint32_t node, const char *key);

/* Item number index, from 0, of a sequence or mapping, or DOCUMENT_NONE. */
uint32_t document_item(const struct document *document, uint32_t node, uint32_t index);

/* The item after that one in its sequence or mapping, or DOCUMENT_NONE. */
uint32_t document_next(const struct document *document, uint32_t node);

/* The key a value stands behind; "" for what has none. Borrows from the document. */
const char *document_key(const struct document *document, uint32_t node);

/* Where the value begins, and where its key does. DOCUMENT_NONE: line 0. */
struct config_position document_position(const struct document *document, uint32_t node);
struct config_position document_key_position(const struct document *document, uint32_t node);

#endif
