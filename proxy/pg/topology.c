/* SPDX-License-Identifier: Apache-2.0
 *
 * One primary at a time. It changes when another server says that it is one and the present one
 * was last seen down, or as a standby: never because of what a statement met, so no tenant can
 * bring it about. Two servers that are both up and both primary are a split brain, in which the
 * one that is written to stays. */
#include "proxy/pg/topology.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

/* How long an endpoint that failed is passed over while another may do. */
#define DOWN_US INT64_C(5000000)

static struct topology_endpoint *find(const struct topology *t, const char *address)
{
    for (size_t i = 0; i < t->num_items; i++) {
        if (strcmp(t->items[i].address, address) == 0) {
            return &t->items[i];
        }
    }
    return NULL;
}

static void set_primary(struct topology *t, const char *address)
{
    free(t->primary);
    t->primary = address == NULL ? NULL : mem_copy_string(address, strlen(address));
}

static bool is_primary(const struct topology *t, const char *address)
{
    return t->primary != NULL && strcmp(t->primary, address) == 0;
}

static void free_items(struct topology_endpoint *items, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        free(items[i].address);
    }
    free(items);
}

void topology_configure(struct topology *t, const struct config_address *endpoints, size_t num)
{
    struct topology_endpoint *items = mem_new_array(num, sizeof *items);
    for (size_t i = 0; i < num; i++) {
        const struct topology_endpoint *known = find(t, endpoints[i].text);
        items[i] = known != NULL ? *known : (struct topology_endpoint){.role = ENDPOINT_UNKNOWN};
        items[i].address = mem_copy_string(endpoints[i].text, strlen(endpoints[i].text));
    }
    free_items(t->items, t->num_items);
    t->items = items;
    t->num_items = num;
    if (t->primary != NULL && find(t, t->primary) == NULL) {
        set_primary(t, NULL);
    }
}

void topology_fini(struct topology *t)
{
    free_items(t->items, t->num_items);
    free(t->primary);
    *t = (struct topology){.num_items = 0};
}

enum endpoint_role topology_role(const struct topology *t, const char *address)
{
    const struct topology_endpoint *endpoint = find(t, address);
    return endpoint == NULL ? ENDPOINT_UNKNOWN : endpoint->role;
}

static enum topology_news saw_primary(struct topology *t, struct topology_endpoint *endpoint)
{
    bool was_primary = endpoint->role == ENDPOINT_PRIMARY;
    endpoint->role = ENDPOINT_PRIMARY;
    if (is_primary(t, endpoint->address)) {
        return was_primary ? TOPOLOGY_SAME : TOPOLOGY_CHANGED;
    }
    if (t->primary != NULL && topology_role(t, t->primary) == ENDPOINT_PRIMARY) {
        return TOPOLOGY_SPLIT;
    }
    set_primary(t, endpoint->address);
    return TOPOLOGY_CHANGED;
}

enum topology_news topology_saw(struct topology *t, const char *address, enum endpoint_role role)
{
    check(role == ENDPOINT_PRIMARY || role == ENDPOINT_STANDBY);
    struct topology_endpoint *endpoint = find(t, address);
    if (endpoint == NULL) {
        return TOPOLOGY_SAME; /* of a configuration that others have left already */
    }
    if (role == ENDPOINT_PRIMARY) {
        return saw_primary(t, endpoint);
    }
    enum endpoint_role before = endpoint->role;
    endpoint->role = ENDPOINT_STANDBY;
    if (is_primary(t, address)) {
        set_primary(t, NULL);
    }
    return before == ENDPOINT_STANDBY ? TOPOLOGY_SAME : TOPOLOGY_CHANGED;
}

void topology_failed(struct topology *t, const char *address, int64_t now_us)
{
    struct topology_endpoint *endpoint = find(t, address);
    if (endpoint != NULL) {
        endpoint->role = ENDPOINT_DOWN;
        endpoint->failed_us = now_us;
    }
}

/* Whether the list has an endpoint that is a standby, or could turn out to be one. */
static bool may_have_standby(const struct topology *t)
{
    for (size_t i = 0; i < t->num_items; i++) {
        if (t->items[i].role == ENDPOINT_STANDBY || t->items[i].role == ENDPOINT_UNKNOWN) {
            return true;
        }
    }
    return false;
}

bool topology_fits(const struct topology *t, const char *address, enum config_target target)
{
    const struct topology_endpoint *endpoint = find(t, address);
    if (endpoint == NULL) {
        return false;
    }
    switch (target) {
    case CONFIG_TARGET_PRIMARY:
        return is_primary(t, address);
    case CONFIG_TARGET_ANY:
        return true;
    case CONFIG_TARGET_STANDBY:
        return endpoint->role != ENDPOINT_PRIMARY && !is_primary(t, address);
    case CONFIG_TARGET_PREFER_STANDBY:
        return endpoint->role == ENDPOINT_STANDBY || !may_have_standby(t);
    }
    return false;
}

/* Whether trying it may yield what is wanted. */
static bool is_worth_trying(const struct topology *t, const struct topology_endpoint *endpoint,
                            enum config_target target, int64_t now_us)
{
    switch (endpoint->role) {
    case ENDPOINT_UNKNOWN:
        return true;
    case ENDPOINT_DOWN:
        return now_us - endpoint->failed_us >= DOWN_US;
    case ENDPOINT_PRIMARY:
    case ENDPOINT_STANDBY:
        return topology_fits(t, endpoint->address, target);
    case ENDPOINT_ROLES:
        break;
    }
    return false;
}

size_t topology_next(const struct topology *t, enum config_target target, size_t from,
                     int64_t now_us)
{
    for (size_t i = 0; i < t->num_items; i++) {
        size_t index = (from + i) % t->num_items;
        if (is_worth_trying(t, &t->items[index], target, now_us)) {
            return index;
        }
    }
    return from;
}
