/* SPDX-License-Identifier: Apache-2.0
 *
 * Converts one section of a file by its table of keys: override, else the file's text, else the
 * default; each checked, each fault reported where it stands. */
#ifndef POLICY_CONFIG_SECTION_H
#define POLICY_CONFIG_SECTION_H

#include "policy/config/document.h"
#include "policy/config/keys.h"
#include "policy/config/load.h"
#include "policy/config/overrides.h"

#define SECTION_PATH_MAX ((size_t)192)

/* What a load carries along. */
struct reading {
    const struct config_input *input; /* borrows */
    const struct document *document;  /* borrows */
    const char *file;                 /* borrows; the one the document is of */
    struct overrides *overrides;      /* borrows */
    struct config *config;            /* borrows; being built */
    struct config_error *error;       /* borrows; filled in by the first refusal */
};

/* Where a section stands: its node (DOCUMENT_NONE when it is left out), the nearest node around it
 * that is there, and its path as messages and variables spell it: "upstreams.main.pool". {0} is
 * the whole file. */
struct section_place {
    uint32_t node;
    uint32_t nearest;
    char path[SECTION_PATH_MAX];
};

/* The section called name below place. */
struct section_place section_below(const struct reading *reading, const struct section_place *place,
                                   const char *name);

/* Entry number index of the list called name below place; the path says name.label. */
struct section_place section_entry(const struct reading *reading, const struct section_place *place,
                                   const char *name, uint32_t index, const char *label);

/* Converts all keys of the section into values, the struct that belongs to id; raw is the
 * section's struct raw_.... Bit i of *out_given tells that key i was given, not defaulted. */
MUST_USE enum config_status section_read(struct reading *reading, enum section_id id,
                                         const struct section_place *place, const void *raw,
                                         void *values, uint64_t *out_given);

/* Converts a list of texts, or the override's text cut at commas; *out is owned by the caller,
 * ends with NULL, and holds nothing twice. name: the key below place. */
MUST_USE enum config_status list_read(struct reading *reading, const struct section_place *place,
                                      const char *name, const struct list_key *key,
                                      char *const *items, size_t num_items, char ***out,
                                      size_t *out_count);

/* Reports a fault at node, or at the beginning of the file if that is DOCUMENT_NONE. Always
 * CONFIG_WRONG. The key_ form reports at the node's key. */
enum config_status refuse(struct reading *reading, uint32_t node, const char *format, ...)
    PRINTF_LIKE(3, 4);
enum config_status refuse_key(struct reading *reading, uint32_t node, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Adds a line to the config's warnings. */
void warn(struct reading *reading, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
