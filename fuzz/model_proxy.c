/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. What server.c and crew.c do for a worker, without threads and accepting. */
#include "fuzz/model_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "policy/config/config.h"
#include "policy/config/load.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/encryption.h"
#include "proxy/net/worker.h"
#include "proxy/pg/pg.h"
#include "tests/corpus_catalog.h"

static bool read_tenants(void *context, const char *path, size_t max, struct config_file *out,
                         char *message, size_t cap)
{
    static const char tenants[] = "- {id: acme}\n- {id: globex}\n";
    (void)context;
    (void)path;
    (void)max;
    (void)message;
    (void)cap;
    *out = (struct config_file){.bytes = mem_copy_string(tenants, strlen(tenants)),
                                .len = strlen(tenants)};
    return true;
}

static void must(enum config_status status, const struct config_error *error)
{
    if (status != CONFIG_OK) {
        fprintf(stderr, "%u:%u: %s\n", error->line, error->column, error->message);
        abort();
    }
}

static struct snapshot *make_snapshot(const char *text)
{
    struct config *config = NULL;
    struct config_error error;
    struct snapshot *empty = NULL;
    struct catalog *catalog = corpus_catalog_new();
    const struct config_input input = {
        .path = "fuzz.yaml", .text = slice_text(text), .read_file = read_tenants};
    must(config_load_text(&input, &config, &error), &error);
    must(snapshot_new(&config, 1, &empty, &error), &error);
    must(encryption_load(empty, &error), &error);
    struct snapshot *snapshot = snapshot_with_catalog(empty, 0, &catalog, 2);
    snapshot_unref(&empty);
    return snapshot;
}

void model_proxy_init(struct model_proxy *proxy, const char *text)
{
    *proxy = (struct model_proxy){.snapshot = make_snapshot(text)};
    proxy->table.ops[CONFIG_POSTGRES] = &pg_protocol_ops;
    proxy->table.shared[CONFIG_POSTGRES] = pg_protocol_ops.share(1);
    proxy->worker = worker_new(0);
    check(proxy->worker != NULL);
    proxy->worker->peers = &proxy->worker;
    proxy->worker->num_peers = 1;
    protocol_attach(proxy->worker, &proxy->table, proxy->snapshot);
}

void model_proxy_fini(struct model_proxy *proxy)
{
    protocol_send_stop(proxy->worker);
    worker_run(proxy->worker);
    check(proxy->worker->num_sessions == 0);
    protocol_detach(proxy->worker);
    worker_free(&proxy->worker);
    pg_protocol_ops.unshare(proxy->table.shared[CONFIG_POSTGRES]);
    snapshot_unref(&proxy->snapshot);
}

void model_proxy_turn(struct model_proxy *proxy)
{
    worker_turn(proxy->worker, 0);
}

int model_proxy_knock(struct model_proxy *proxy, size_t listener)
{
    int fds[2];
    check(listener < snapshot_config(proxy->snapshot)->num_listeners);
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    const struct incoming incoming = {
        .fd = fds[0],
        .peer = PEER_UNIX,
        .listener = &snapshot_config(proxy->snapshot)->listeners[listener],
        .snapshot = proxy->snapshot,
        .name = "unix",
    };
    protocol_send_incoming(proxy->worker, &incoming);
    return fds[1];
}
