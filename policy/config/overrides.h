/* SPDX-License-Identifier: Apache-2.0
 *
 * Environment variables that stand in for keys: upstreams.main.pool.size is overridden by
 * RINGFENCE_UPSTREAMS_MAIN_POOL_SIZE. What is not a letter or digit becomes an underscore. */
#ifndef POLICY_CONFIG_OVERRIDES_H
#define POLICY_CONFIG_OVERRIDES_H

#include <stdbool.h>
#include <stddef.h>

#define OVERRIDE_NAME_MAX ((size_t)256)

/* The variables of one load, and which of them were asked for. */
struct overrides {
    /* private */
    char *const *environment; /* borrows */
    bool *used;               /* owns; one per variable */
    size_t count;
};

/* environment: NAME=value, ends with NULL; NULL is an empty one. */
void overrides_init(struct overrides *o, char *const *environment);
void overrides_fini(struct overrides *o);

/* Writes the name of the variable for path.key into name (OVERRIDE_NAME_MAX bytes). */
void override_name(const char *path, const char *key, char *name);

/* The value of that variable, or NULL when it is not set. Marks it as used; *out_again tells
 * that it already was: two keys of the file share the name. Borrows. */
const char *override_take(struct overrides *o, const char *name, bool *out_again);

/* The name of a RINGFENCE_ variable that no key asked for, with its length, and marks it as used;
 * NULL when there is none left. Borrows. */
const char *override_next_unused(struct overrides *o, size_t *out_len);

#endif
