/* SPDX-License-Identifier: Apache-2.0
 *
 * An attempt works on its own copy of the name's addresses, so that a look-up that ends meanwhile
 * changes nothing under it. Each address but the last gets its part of the time that is left: one
 * that swallows packets must not use up what the next one needs. A numeric address or a path is a
 * list of one and no name. */
#include "proxy/net/dial.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"

static void try_next(struct dial *dial)
{
    check(dial->num_tried < dial->num_addresses);
    size_t num_left = dial->num_addresses - dial->num_tried;
    int64_t now_us = dial->worker->now_us;
    dial->peer = dial->addresses[dial->num_tried++];
    address_set_port(&dial->peer, dial->port);
    if (num_left > 1) {
        deadline_arm(dial->worker, &dial->next,
                     now_us + (dial->until_us - now_us) / (int64_t)num_left);
    }
    dial->ops->connect(dial, &dial->peer);
}

static void on_next(struct deadline *d)
{
    try_next(owner_of(d, struct dial, next));
}

static void start(struct dial *dial, const struct address *addresses, size_t num)
{
    dial->addresses = mem_new_array(num, sizeof *addresses);
    memcpy(dial->addresses, addresses, num * sizeof *addresses);
    dial->num_addresses = num;
    try_next(dial);
}

static bool is_listed(const struct dial *dial, const struct address *addresses, size_t num)
{
    size_t i = 0;
    while (i < num && !address_same_host(&addresses[i], &dial->peer)) {
        i++;
    }
    return i < num;
}

static void on_answered(struct name_holder *holder)
{
    struct dial *dial = owner_of(holder, struct dial, holder);
    size_t num = 0;
    const struct address *addresses = names_addresses(holder, &num);
    if (dial->is_connected) {
        if (!is_listed(dial, addresses, num)) {
            dial->ops->moved(dial);
        }
    } else if (dial->num_addresses == 0 && num > 0) {
        start(dial, addresses, num);
    } else if (dial->num_addresses == 0) {
        dial->ops->failed(dial, names_failure(holder));
    }
}

void dial_begin(struct dial *dial, struct worker *worker, const struct config_address *address,
                int64_t ttl_us, int64_t limit_us, const struct dial_ops *ops)
{
    *dial = (struct dial){.ops = ops, .worker = worker, .port = address->port};
    dial->until_us = worker->now_us + limit_us;
    dial->holder.answered = on_answered;
    deadline_init(&dial->next, on_next);
    struct address numeric;
    if (address_resolve(address, &numeric) == NULL || address->is_unix) {
        start(dial, &numeric, 1);
        return;
    }
    names_hold(worker->names, address->host, ttl_us, &dial->holder);
    size_t num = 0;
    const struct address *addresses = names_addresses(&dial->holder, &num);
    if (num > 0) {
        start(dial, addresses, num);
    }
}

bool dial_again(struct dial *dial)
{
    if (dial->num_tried < dial->num_addresses) {
        deadline_arm(dial->worker, &dial->next, dial->worker->now_us);
        return true;
    }
    dial_suspect(dial);
    return false;
}

void dial_connected(struct dial *dial)
{
    dial->is_connected = true;
    deadline_disarm(&dial->next);
    free(dial->addresses);
    dial->addresses = NULL;
    if (dial->holder.name != NULL) {
        names_praise(&dial->holder, &dial->peer);
    }
}

void dial_suspect(struct dial *dial)
{
    if (dial->holder.name != NULL) {
        names_suspect(&dial->holder);
    }
}

const struct address *dial_peer(const struct dial *dial)
{
    return &dial->peer;
}

void dial_end(struct dial *dial)
{
    deadline_disarm(&dial->next);
    names_let_go(&dial->holder);
    free(dial->addresses);
    dial->addresses = NULL;
}
