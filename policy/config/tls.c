/* SPDX-License-Identifier: Apache-2.0
 *
 * listeners[].tls and upstreams.NAME.tls: what goes together. Whether the files are any good is
 * found out by who uses them. */
#include <stdlib.h>

#include "policy/config/parts.h"

/* Position among the keys of listeners[].tls. */
enum { CLIENT_CERT_GIVEN = 1 << 4 };

static void resolve(struct reading *reading, char **path)
{
    if (*path != NULL) {
        char *absolute = resolve_path(reading, *path);
        free(*path);
        *path = absolute;
    }
}

static enum config_status check_client_cert(struct reading *reading,
                                            const struct section_place *place, bool is_given,
                                            struct config_listener_tls *tls)
{
    if (!is_given) {
        tls->client_cert =
            tls->client_ca != NULL ? CONFIG_CLIENT_CERT_OPTIONAL : CONFIG_CLIENT_CERT_NONE;
    }
    if (tls->client_cert == CONFIG_CLIENT_CERT_NONE && tls->client_ca != NULL) {
        return refuse(reading, place->node, "%s.client_ca: client_cert none has no use for it",
                      place->path);
    }
    if (tls->client_cert != CONFIG_CLIENT_CERT_NONE && tls->client_ca == NULL) {
        return refuse(reading, place->node, "%s.client_ca is missing: client_cert needs one",
                      place->path);
    }
    return CONFIG_OK;
}

enum config_status read_listener_tls(struct reading *reading, const struct section_place *listener,
                                     const struct raw_listener_tls *raw,
                                     struct config_listener *values)
{
    struct section_place place = section_below(reading, listener, "tls");
    struct config_listener_tls *tls = &values->tls;
    uint64_t given = 0;
    if (section_read(reading, SECTION_LISTENER_TLS, &place, raw, tls, &given) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    resolve(reading, &tls->cert);
    resolve(reading, &tls->key);
    resolve(reading, &tls->client_ca);
    bool is_off = tls->mode == CONFIG_LISTENER_TLS_OFF;
    if (is_off && (tls->cert != NULL || tls->key != NULL || tls->client_ca != NULL)) {
        return refuse(reading, place.nearest, "%s.mode: off has no use for cert, key or client_ca",
                      place.path);
    }
    if (is_off) {
        return check_client_cert(reading, &place, (given & CLIENT_CERT_GIVEN) != 0, tls);
    }
    if (values->protocol != CONFIG_POSTGRES || values->bind.is_unix) {
        return refuse(reading, place.nearest, "%s: only a postgres listener on TCP encrypts",
                      place.path);
    }
    if (tls->cert == NULL || tls->key == NULL) {
        return refuse(reading, place.nearest, "%s.%s is missing: mode %s needs one", place.path,
                      tls->cert == NULL ? "cert" : "key",
                      tls->mode == CONFIG_LISTENER_TLS_ALLOW ? "allow" : "require");
    }
    return check_client_cert(reading, &place, (given & CLIENT_CERT_GIVEN) != 0, tls);
}

enum config_status read_upstream_tls(struct reading *reading, const struct section_place *upstream,
                                     const struct raw_upstream_tls *raw,
                                     struct config_upstream *values)
{
    struct section_place place = section_below(reading, upstream, "tls");
    struct config_upstream_tls *tls = &values->tls;
    uint64_t given = 0;
    if (section_read(reading, SECTION_UPSTREAM_TLS, &place, raw, tls, &given) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    resolve(reading, &tls->ca);
    resolve(reading, &tls->cert);
    resolve(reading, &tls->key);
    bool has_files = tls->ca != NULL || tls->cert != NULL || tls->key != NULL;
    if (tls->mode == CONFIG_UPSTREAM_TLS_DISABLE &&
        tls->channel_binding == CONFIG_CHANNEL_BINDING_REQUIRE) {
        return refuse(reading, place.nearest,
                      "%s.channel_binding: require needs a mode that encrypts", place.path);
    }
    if (tls->mode == CONFIG_UPSTREAM_TLS_DISABLE) {
        return !has_files ? CONFIG_OK
                          : refuse(reading, place.nearest,
                                   "%s.mode: disable has no use for ca, cert or key", place.path);
    }
    if (values->protocol != CONFIG_POSTGRES) {
        return refuse(reading, place.nearest, "%s: only connections to postgres are encrypted",
                      place.path);
    }
    if (tls->mode == CONFIG_UPSTREAM_TLS_REQUIRE && tls->ca != NULL) {
        return refuse(reading, place.nearest,
                      "%s.ca: require checks nothing with it; say verify-ca", place.path);
    }
    if ((tls->cert == NULL) != (tls->key == NULL)) {
        return refuse(reading, place.nearest, "%s: cert and key come together", place.path);
    }
    return CONFIG_OK;
}
