/* SPDX-License-Identifier: Apache-2.0
 *
 * listeners[].auth.query: whom to ask about users. The rule that matters most: the role that may
 * read secrets is never the one that tenants' statements run as. */
#include <string.h>

#include "policy/config/parts.h"
#include "protocol/mem.h"

static uint32_t node_of(const struct reading *reading, const struct section_place *place,
                        const char *key)
{
    uint32_t node = document_child(reading->document, place->node, key);
    return node != DOCUMENT_NONE ? node : place->nearest;
}

static enum config_status resolve_upstream(struct reading *reading,
                                           const struct section_place *place,
                                           const struct config_listener *listener)
{
    struct config_auth_query *query = listener->query;
    query->upstream = listener->upstream;
    if (query->upstream_name == NULL) {
        return CONFIG_OK;
    }
    query->upstream = config_upstream_find(reading->config, query->upstream_name);
    if (query->upstream == NULL) {
        return refuse(reading, node_of(reading, place, "upstream"),
                      "%s.upstream: there is no upstream \"%s\"", place->path,
                      query->upstream_name);
    }
    if (query->upstream->protocol != CONFIG_POSTGRES) {
        return refuse(reading, node_of(reading, place, "upstream"),
                      "%s.upstream: expected a postgres upstream; \"%s\" speaks redis", place->path,
                      query->upstream_name);
    }
    return CONFIG_OK;
}

static enum config_status check_user(struct reading *reading, const struct section_place *place,
                                     const struct config_listener *listener)
{
    const struct config_auth_query *query = listener->query;
    const struct config_upstream *const theirs[] = {query->upstream, listener->upstream};
    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++) {
        if (strcmp(theirs[i]->user, query->user) == 0) {
            return refuse(reading, node_of(reading, place, "user"),
                          "%s.user: \"%s\" is whom statements of upstream \"%s\" run as: expected "
                          "another one, since this one reads secrets",
                          place->path, query->user, theirs[i]->name);
        }
    }
    return CONFIG_OK;
}

enum config_status read_auth_query(struct reading *reading, const struct section_place *auth,
                                   const struct raw_auth_query *raw,
                                   struct config_listener *listener)
{
    struct section_place place = section_below(reading, auth, "query");
    uint64_t given = 0;
    if (place.node == DOCUMENT_NONE) {
        return CONFIG_OK;
    }
    if (listener->protocol != CONFIG_POSTGRES) {
        return refuse(reading, place.node, "%s: only postgres listeners ask", place.path);
    }
    listener->query = mem_new(sizeof *listener->query);
    struct config_auth_query *query = listener->query;
    if (section_read(reading, SECTION_AUTH_QUERY, &place, raw, query, &given) != CONFIG_OK ||
        resolve_upstream(reading, &place, listener) != CONFIG_OK ||
        check_user(reading, &place, listener) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    return read_password_file(reading, &place, &query->password_file, &query->password);
}
