/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration as text: everything that is in force, defaults included, secrets left out. The
 * text is YAML and means the same configuration again. */
#ifndef POLICY_CONFIG_RENDER_H
#define POLICY_CONFIG_RENDER_H

#include <stdio.h>

#include "policy/config/config.h"

/* Writes the configuration to out. */
void config_render(const struct config *config, FILE *out);

/* One key that the loader knows, for documentation and its test. */
struct config_key_facts {
    char path[128];       /* "upstreams.NAME.pool.size"; lists of texts end with [] */
    char expects[192];    /* "a whole number from 1 to 10000" */
    const char *fallback; /* "20", "required", or "" for a key that may stay out */
    const char *meaning;
};

/* Fills *out with the key at index; false past the last. */
bool config_key_at(size_t index, struct config_key_facts *out);

#endif
