/* SPDX-License-Identifier: Apache-2.0
 *
 * One context per listener and upstream, by position, or NULL where there is none. */
#include "proxy/net/encryption.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/tls_context.h"

struct encryption {
    struct tls_context **listeners; /* owns */
    struct tls_context **upstreams; /* owns */
    size_t num_listeners;
    size_t num_upstreams;
};

static void release(void *thing)
{
    struct encryption *e = thing;
    for (size_t i = 0; i < e->num_listeners; i++) {
        tls_context_free(&e->listeners[i]);
    }
    for (size_t i = 0; i < e->num_upstreams; i++) {
        tls_context_free(&e->upstreams[i]);
    }
    free(e->listeners);
    free(e->upstreams);
    free(e);
}

static enum config_status fail(const struct config *config, const char *kind, const char *name,
                               const char *message, struct config_error *out_error)
{
    *out_error = (struct config_error){0};
    snprintf(out_error->file, sizeof out_error->file, "%s", config->path);
    snprintf(out_error->message, sizeof out_error->message, "%s.%s.tls: %s", kind, name, message);
    return CONFIG_WRONG;
}

static enum config_status load_listeners(struct encryption *e, const struct config *config,
                                         struct config_error *out_error)
{
    char message[384];
    for (size_t i = 0; i < config->num_listeners; i++) {
        const struct config_listener *listener = &config->listeners[i];
        if (listener->tls.mode == CONFIG_LISTENER_TLS_OFF) {
            continue;
        }
        e->listeners[i] = tls_context_for_clients(&listener->tls, message, sizeof message);
        if (e->listeners[i] == NULL) {
            return fail(config, "listeners", listener->name, message, out_error);
        }
    }
    return CONFIG_OK;
}

static enum config_status load_upstreams(struct encryption *e, const struct config *config,
                                         struct config_error *out_error)
{
    char message[384];
    for (size_t i = 0; i < config->num_upstreams; i++) {
        const struct config_upstream *upstream = &config->upstreams[i];
        if (upstream->tls.mode == CONFIG_UPSTREAM_TLS_DISABLE) {
            continue;
        }
        e->upstreams[i] = tls_context_for_servers(&upstream->tls, message, sizeof message);
        if (e->upstreams[i] == NULL) {
            return fail(config, "upstreams", upstream->name, message, out_error);
        }
    }
    return CONFIG_OK;
}

enum config_status encryption_load(struct snapshot *fresh, struct config_error *out_error)
{
    const struct config *config = snapshot_config(fresh);
    struct encryption *e = mem_new(sizeof *e);
    e->num_listeners = config->num_listeners;
    e->num_upstreams = config->num_upstreams;
    e->listeners = mem_new_array(config->num_listeners, sizeof(struct tls_context *));
    e->upstreams = mem_new_array(config->num_upstreams, sizeof(struct tls_context *));
    snapshot_attach(fresh, e, release);
    enum config_status status = load_listeners(e, config, out_error);
    return status == CONFIG_OK ? load_upstreams(e, config, out_error) : status;
}

const struct tls_context *encryption_of_listener(const struct snapshot *snapshot,
                                                 const struct config_listener *listener)
{
    const struct encryption *e = snapshot_attachment(snapshot);
    size_t index = (size_t)(listener - snapshot_config(snapshot)->listeners);
    return e == NULL || index >= e->num_listeners ? NULL : e->listeners[index];
}

const struct tls_context *encryption_of_upstream(const struct snapshot *snapshot,
                                                 const struct config_upstream *upstream)
{
    const struct encryption *e = snapshot_attachment(snapshot);
    size_t index = (size_t)(upstream - snapshot_config(snapshot)->upstreams);
    return e == NULL || index >= e->num_upstreams ? NULL : e->upstreams[index];
}
