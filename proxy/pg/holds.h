/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator holds up: databases and tenants that are paused (no link for them) or disabled
 * (no new session). A list, since it is empty but for the minutes of an operator's work. */
#ifndef PROXY_PG_HOLDS_H
#define PROXY_PG_HOLDS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "protocol/bytes.h"

struct hold;

enum hold_kind { HOLD_PAUSED, HOLD_DISABLED };

/* A zeroed one is empty. */
struct holds {
    /* private */
    LIST_HEAD(, hold) list; /* owns */
};

/* What is held: a database by its upstream's name, all databases by "", or a tenant. */
struct hold_target {
    bool is_tenant;
    struct slice name;
};

void holds_add(struct holds *holds, enum hold_kind kind, struct hold_target target);

/* Takes it off; all databases: whatever database is held, too. */
void holds_remove(struct holds *holds, enum hold_kind kind, struct hold_target target);

/* Whether it is held: itself or, of databases, with all of them. */
bool holds_has(const struct holds *holds, enum hold_kind kind, struct hold_target target);

/* Whether a session of that tenant at that upstream is held, for either reason. */
bool holds_session(const struct holds *holds, enum hold_kind kind, const char *upstream,
                   struct slice tenant);

/* Whether anything is held in that way. */
bool holds_any(const struct holds *holds, enum hold_kind kind);

void holds_fini(struct holds *holds);

#endif
