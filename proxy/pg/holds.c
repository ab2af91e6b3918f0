/* SPDX-License-Identifier: Apache-2.0
 *
 * Each worker has its own, changed on its thread when a tour of the console comes by; the console
 * has one more, which is what it shows. */
#include "proxy/pg/holds.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/mem.h"

struct hold {
    LIST_ENTRY(hold) entry;
    enum hold_kind kind;
    bool is_tenant;
    size_t name_len;
    char name[]; /* bytes */
};

static struct slice name_of(const struct hold *hold)
{
    return slice_of(hold->name, hold->name_len);
}

static bool is_same(const struct hold *hold, enum hold_kind kind, struct hold_target target)
{
    return hold->kind == kind && hold->is_tenant == target.is_tenant &&
           slice_equal(name_of(hold), target.name);
}

void holds_add(struct holds *holds, enum hold_kind kind, struct hold_target target)
{
    struct hold *hold;
    LIST_FOREACH(hold, &holds->list, entry)
    {
        if (is_same(hold, kind, target)) {
            return;
        }
    }
    hold = mem_new(sizeof *hold + target.name.len);
    hold->kind = kind;
    hold->is_tenant = target.is_tenant;
    hold->name_len = target.name.len;
    if (target.name.len > 0) {
        memcpy(hold->name, target.name.ptr, target.name.len);
    }
    LIST_INSERT_HEAD(&holds->list, hold, entry);
}

void holds_remove(struct holds *holds, enum hold_kind kind, struct hold_target target)
{
    bool is_all = !target.is_tenant && target.name.len == 0;
    struct hold *next;
    for (struct hold *hold = LIST_FIRST(&holds->list); hold != NULL; hold = next) {
        next = LIST_NEXT(hold, entry);
        if (is_same(hold, kind, target) || (is_all && hold->kind == kind && !hold->is_tenant)) {
            LIST_REMOVE(hold, entry);
            free(hold);
        }
    }
}

bool holds_has(const struct holds *holds, enum hold_kind kind, struct hold_target target)
{
    const struct hold *hold;
    LIST_FOREACH(hold, &holds->list, entry)
    {
        bool is_all = !hold->is_tenant && hold->name_len == 0;
        if (is_same(hold, kind, target) || (is_all && hold->kind == kind && !target.is_tenant)) {
            return true;
        }
    }
    return false;
}

bool holds_session(const struct holds *holds, enum hold_kind kind, const char *upstream,
                   struct slice tenant)
{
    const struct hold_target database = {.name = slice_text(upstream)};
    const struct hold_target owner = {.is_tenant = true, .name = tenant};
    return !LIST_EMPTY(&holds->list) &&
           (holds_has(holds, kind, database) || holds_has(holds, kind, owner));
}

bool holds_any(const struct holds *holds, enum hold_kind kind)
{
    const struct hold *hold;
    LIST_FOREACH(hold, &holds->list, entry)
    {
        if (hold->kind == kind) {
            return true;
        }
    }
    return false;
}

void holds_fini(struct holds *holds)
{
    while (!LIST_EMPTY(&holds->list)) {
        struct hold *first = LIST_FIRST(&holds->list);
        LIST_REMOVE(first, entry);
        free(first);
    }
}
