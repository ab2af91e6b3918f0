/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a configuration, and look-ups in one. A zeroed config is a valid empty one, so the
 * loader can give up at any point. Passwords are overwritten before their memory is released. */
#include "policy/config/config.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/address.h"
#include "protocol/check.h"

static void strings_free(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(strings[i]);
    }
    free(strings);
}

static void auth_query_free(struct config_auth_query *query)
{
    if (query == NULL) {
        return;
    }
    if (query->password != NULL) {
        explicit_bzero(query->password, strlen(query->password));
    }
    free(query->upstream_name);
    free(query->database);
    free(query->user);
    free(query->password);
    free(query->password_file);
    free(query->sql);
    free(query);
}

static void listener_fini(struct config_listener *listener)
{
    free(listener->name);
    free(listener->upstream_name);
    free(listener->users_file);
    auth_query_free(listener->query);
    free(listener->tls.cert);
    free(listener->tls.key);
    free(listener->tls.client_ca);
    address_fini(&listener->bind);
}

static void upstream_fini(struct config_upstream *upstream)
{
    for (size_t i = 0; i < upstream->num_endpoints; i++) {
        address_fini(&upstream->endpoints[i]);
    }
    if (upstream->password != NULL) {
        explicit_bzero(upstream->password, strlen(upstream->password));
    }
    free(upstream->endpoints);
    free(upstream->name);
    free(upstream->database);
    free(upstream->user);
    free(upstream->password);
    free(upstream->password_file);
    free(upstream->tls.ca);
    free(upstream->tls.cert);
    free(upstream->tls.key);
}

static void row_fini(struct config_row *row)
{
    free(row->column);
    free(row->setting);
    strings_free(row->schemas, row->num_schemas);
    strings_free(row->shared, row->num_shared);
    strings_free(row->views, row->num_views);
    strings_free(row->functions_allow, row->num_functions_allow);
}

static void tenants_fini(struct config *c)
{
    for (size_t i = 0; i < c->num_identify; i++) {
        free(c->identify[i].value);
    }
    for (size_t i = 0; i < c->num_tenants; i++) {
        free(c->tenants[i].id);
    }
    free(c->identify);
    free(c->tenants);
}

static void admin_free(struct config_admin *admin)
{
    if (admin != NULL) {
        address_fini(&admin->bind);
        address_fini(&admin->console);
        free(admin->read_users);
        free(admin->write_users);
        free(admin);
    }
}

void config_free(struct config **config)
{
    struct config *c = *config;
    *config = NULL;
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->num_listeners; i++) {
        listener_fini(&c->listeners[i]);
    }
    for (size_t i = 0; i < c->num_upstreams; i++) {
        upstream_fini(&c->upstreams[i]);
    }
    tenants_fini(c);
    row_fini(&c->row);
    admin_free(c->admin);
    strings_free(c->warnings, c->num_warnings);
    free(c->redis.prefix);
    free(c->listeners);
    free(c->upstreams);
    free(c->tenants_file);
    free(c->path);
    free(c);
}

const struct config_listener *config_listener_find(const struct config *c, const char *name)
{
    check(c != NULL && name != NULL);
    for (size_t i = 0; i < c->num_listeners; i++) {
        if (strcmp(c->listeners[i].name, name) == 0) {
            return &c->listeners[i];
        }
    }
    return NULL;
}

const struct config_upstream *config_upstream_find(const struct config *c, const char *name)
{
    check(c != NULL && name != NULL);
    for (size_t i = 0; i < c->num_upstreams; i++) {
        if (strcmp(c->upstreams[i].name, name) == 0) {
            return &c->upstreams[i];
        }
    }
    return NULL;
}
