/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes that stand in front of all keys of one tenant. No tenant's prefix may begin another's:
 * then a key belongs to exactly one tenant, and a pattern of prefix and '*' matches one tenant's
 * keys only. */
#ifndef POLICY_REDIS_PREFIX_H
#define POLICY_REDIS_PREFIX_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/writer.h"

#define REDIS_PREFIX_TEXT_CAP ((size_t)64) /* bytes of a template besides "{tenant}" */
#define REDIS_PREFIX_CAP      (REDIS_PREFIX_TEXT_CAP + 63) /* with the longest tenant id */

struct redis_prefix {
    /* private */
    uint8_t bytes[REDIS_PREFIX_CAP];
    size_t len;
};

/* Whether a template keeps tenants apart: "{tenant}" exactly once, directly behind it a byte that
 * no tenant id can hold, and otherwise only printable ASCII that means nothing in a glob, in a
 * hash tag or between quotes. policy/config checks the same with a place in the file. */
bool redis_prefix_template_is_valid(struct slice template);

/* Fills in the tenant. False if the template is not valid or the id is not one. */
bool redis_prefix_init(struct redis_prefix *prefix, struct slice template, struct slice tenant_id);

/* The prefix. Borrows. */
struct slice redis_prefix_bytes(const struct redis_prefix *prefix);

/* Writes bytes so that a glob matches them literally; redis_glob_len says how many that makes. */
void redis_write_glob(struct writer *w, struct slice bytes);
size_t redis_glob_len(struct slice bytes);

#endif
