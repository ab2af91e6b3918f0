/* SPDX-License-Identifier: Apache-2.0
 *
 * listeners: who may connect where, and to what. The rule that matters most: without proof of who
 * they are, clients are let in only where the machine itself keeps strangers out, on a loopback
 * address or a unix path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/address.h"
#include "policy/config/parts.h"
#include "protocol/mem.h"

#define LISTENERS_MAX 64

enum { AUTH_METHOD_GIVEN = 1 << 0 }; /* position of `method` among the keys of auth */

static uint32_t node_below(const struct reading *reading, const struct section_place *place,
                           const char *key)
{
    return document_child(reading->document, place->node, key);
}

/* Where the complaint about a listener's login belongs. */
struct auth_place {
    const struct section_place *auth;
    const struct section_place *listener;
    uint32_t method; /* the node to show */
    const char *name;
};

/* The methods that compare with something stored. */
static enum config_status check_secrets(struct reading *reading, const struct auth_place *at,
                                        const struct config_listener *listener)
{
    bool is_postgres = listener->protocol == CONFIG_POSTGRES;
    bool is_md5 = listener->auth == CONFIG_AUTH_UNSAFE_MD5;
    if (listener->auth != CONFIG_AUTH_SCRAM_SHA_256 && !is_postgres) {
        return refuse(reading, at->method, "%s.method: %s is for postgres", at->auth->path,
                      at->name);
    }
    if (is_md5 && listener->query != NULL) {
        return refuse_key(reading, node_below(reading, at->auth, "query"),
                          "%s.query: %s has no use for it", at->auth->path, at->name);
    }
    if (listener->users_file == NULL && listener->query == NULL) {
        return refuse(reading, at->method, "%s.users_file is missing: %s needs one%s",
                      at->auth->path, at->name, is_postgres && !is_md5 ? ", or query" : "");
    }
    if (listener->auth == CONFIG_AUTH_PASSWORD &&
        listener->tls.mode != CONFIG_LISTENER_TLS_REQUIRE) {
        return refuse(reading, at->method, "%s.method: password needs tls.mode require",
                      at->auth->path);
    }
    if (is_md5) {
        warn(reading, "%s: md5 is broken; whoever reads users_file can log in (auth is unsafe_md5)",
             at->listener->path);
    }
    return CONFIG_OK;
}

static enum config_status check_trust(struct reading *reading, const struct auth_place *at,
                                      const struct config_listener *listener)
{
    if (!address_is_local(&listener->bind)) {
        return refuse(reading, at->method,
                      "%s.method: trust is for loopback and unix binds only; %s can be reached "
                      "from elsewhere: expected scram-sha-256 and a users_file",
                      at->auth->path, listener->bind.text);
    }
    if (!listener->bind.is_unix) {
        warn(reading, "%s: every process on this machine may connect as any tenant (auth is trust)",
             at->listener->path);
    }
    return CONFIG_OK;
}

static enum config_status check_auth(struct reading *reading, const struct section_place *auth,
                                     const struct section_place *place, bool method_given,
                                     struct config_listener *listener)
{
    static const char *const names[] = {
        [CONFIG_AUTH_TRUST] = "trust",
        [CONFIG_AUTH_SCRAM_SHA_256] = "scram-sha-256",
        [CONFIG_AUTH_CERT] = "cert",
        [CONFIG_AUTH_PASSWORD] = "password",
        [CONFIG_AUTH_UNSAFE_MD5] = "unsafe_md5",
    };
    bool has_secrets = listener->users_file != NULL || listener->query != NULL;
    if (!method_given) {
        listener->auth = has_secrets ? CONFIG_AUTH_SCRAM_SHA_256 : CONFIG_AUTH_TRUST;
    }
    uint32_t method = node_below(reading, auth, "method");
    const struct auth_place at = {.auth = auth,
                                  .listener = place,
                                  .method = method != DOCUMENT_NONE ? method : place->node,
                                  .name = names[listener->auth]};
    if (listener->auth != CONFIG_AUTH_TRUST && listener->auth != CONFIG_AUTH_CERT) {
        return check_secrets(reading, &at, listener);
    }
    if (has_secrets) {
        const char *key = listener->users_file != NULL ? "users_file" : "query";
        return refuse_key(reading, node_below(reading, auth, key), "%s.%s: %s has no use for it",
                          auth->path, key, at.name);
    }
    if (listener->auth == CONFIG_AUTH_TRUST) {
        return check_trust(reading, &at, listener);
    }
    return listener->tls.mode == CONFIG_LISTENER_TLS_REQUIRE &&
                   listener->tls.client_cert == CONFIG_CLIENT_CERT_REQUIRED
               ? CONFIG_OK
               : refuse(reading, at.method,
                        "%s.method: cert needs tls.mode require and tls.client_cert required",
                        auth->path);
}

static enum config_status resolve_upstream(struct reading *reading,
                                           const struct section_place *place,
                                           struct config_listener *listener)
{
    uint32_t node = node_below(reading, place, "upstream");
    listener->upstream = config_upstream_find(reading->config, listener->upstream_name);
    if (listener->upstream == NULL) {
        return refuse(reading, node, "%s.upstream: there is no upstream \"%s\"", place->path,
                      listener->upstream_name);
    }
    if (listener->upstream->protocol != listener->protocol) {
        return refuse(reading, node, "%s.upstream: \"%s\" speaks %s, this listener does not",
                      place->path, listener->upstream_name,
                      listener->protocol == CONFIG_POSTGRES ? "redis" : "postgres");
    }
    return CONFIG_OK;
}

static bool is_passthrough(const struct config_listener *listener)
{
    return listener->isolation == CONFIG_ISOLATION_PASSTHROUGH;
}

/* A link that was lent without isolation may have anything in it: the two never share a pool. */
static enum config_status check_isolation(struct reading *reading,
                                          const struct section_place *place,
                                          const struct config_listener *listener)
{
    struct config *config = reading->config;
    uint32_t node = node_below(reading, place, "isolation");
    uint32_t shown = node != DOCUMENT_NONE ? node : place->node;
    if (is_passthrough(listener) && listener->protocol != CONFIG_POSTGRES) {
        return refuse(reading, shown, "%s.isolation: passthrough is for postgres", place->path);
    }
    for (const struct config_listener *other = config->listeners; other != listener; other++) {
        if (other->upstream == listener->upstream && other->isolation != listener->isolation) {
            return refuse(reading, shown,
                          "%s.isolation: listener \"%s\" has another one and the same upstream: "
                          "give it an upstream of its own",
                          place->path, other->name);
        }
    }
    if (is_passthrough(listener)) {
        config->upstreams[listener->upstream - config->upstreams].is_passthrough = true;
        warn(reading, "%s: tenants are not kept apart (isolation is passthrough)", place->path);
    }
    return CONFIG_OK;
}

static enum config_status check_target(struct reading *reading, const struct section_place *place,
                                       const struct config_listener *listener)
{
    if (listener->target == CONFIG_TARGET_PRIMARY || listener->protocol == CONFIG_POSTGRES) {
        return CONFIG_OK;
    }
    uint32_t node = node_below(reading, place, "target");
    return refuse(reading, node != DOCUMENT_NONE ? node : place->node,
                  "%s.target: only postgres listeners choose by role", place->path);
}

/* Names and binds are unique. */
static enum config_status check_unique(struct reading *reading, const struct section_place *place,
                                       const struct config_listener *listener)
{
    const struct config_listener *other = reading->config->listeners;
    for (; other != listener; other++) {
        if (strcmp(other->name, listener->name) == 0) {
            return refuse(reading, node_below(reading, place, "name"),
                          "%s.name: there is another listener of that name", place->path);
        }
        if (strcmp(other->bind.text, listener->bind.text) == 0) {
            return refuse(reading, node_below(reading, place, "bind"),
                          "%s.bind: listener \"%s\" has that address", place->path, other->name);
        }
    }
    return CONFIG_OK;
}

static enum config_status read_listener(struct reading *reading, const struct section_place *place,
                                        const struct raw_listener *raw,
                                        struct config_listener *listener)
{
    uint64_t given = 0;
    uint64_t auth_given = 0;
    struct section_place auth = section_below(reading, place, "auth");
    if (section_read(reading, SECTION_LISTENER, place, raw, listener, &given) != CONFIG_OK ||
        section_read(reading, SECTION_AUTH, &auth, &raw->auth, listener, &auth_given) !=
            CONFIG_OK) {
        return CONFIG_WRONG;
    }
    if (listener->users_file != NULL) {
        char *path = resolve_path(reading, listener->users_file);
        free(listener->users_file);
        listener->users_file = path;
    }
    bool method_given = (auth_given & AUTH_METHOD_GIVEN) != 0;
    if (resolve_upstream(reading, place, listener) != CONFIG_OK ||
        read_listener_tls(reading, place, &raw->tls, listener) != CONFIG_OK ||
        read_auth_query(reading, &auth, &raw->auth.query, listener) != CONFIG_OK ||
        check_isolation(reading, place, listener) != CONFIG_OK ||
        check_target(reading, place, listener) != CONFIG_OK ||
        check_auth(reading, &auth, place, method_given, listener) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    return check_unique(reading, place, listener);
}

/* The path of an entry carries its name where it has a usable one: it is what messages and
 * variables call the listener. */
static struct section_place place_of(const struct reading *reading,
                                     const struct section_place *root,
                                     const struct raw_listener *raw, uint32_t index)
{
    static const struct value_rule name_rule = {.kind = VALUE_NAME};
    char label[16];
    char *name = NULL;
    snprintf(label, sizeof label, "%u", index);
    bool named = raw->raw_name != NULL && value_parse(&name_rule, raw->raw_name, &name);
    struct section_place place =
        section_entry(reading, root, "listeners", index, named ? name : label);
    free(name);
    return place;
}

enum config_status read_listeners(struct reading *reading, const struct raw_config *raw)
{
    struct config *config = reading->config;
    struct section_place root = {0};
    struct section_place all = section_below(reading, &root, "listeners");
    if (raw->listeners_count == 0 || raw->listeners_count > LISTENERS_MAX) {
        return refuse(reading, all.nearest, "listeners: expected a list of 1 to %d", LISTENERS_MAX);
    }
    config->listeners = mem_new_array(raw->listeners_count, sizeof *config->listeners);
    for (unsigned i = 0; i < raw->listeners_count; i++) {
        struct section_place place = place_of(reading, &root, &raw->listeners[i], i);
        struct config_listener *listener = &config->listeners[config->num_listeners++];
        if (read_listener(reading, &place, &raw->listeners[i], listener) != CONFIG_OK) {
            return CONFIG_WRONG;
        }
    }
    return CONFIG_OK;
}
