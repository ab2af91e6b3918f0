/* SPDX-License-Identifier: Apache-2.0
 *
 * What the configuration says of encryption. Names of files are absolute; what is in them is read
 * by proxy/net/encryption.h. The rules of config.h for strings hold. */
#ifndef POLICY_CONFIG_TLS_H
#define POLICY_CONFIG_TLS_H

/* Towards clients. */
enum config_listener_tls_mode {
    CONFIG_LISTENER_TLS_OFF,
    CONFIG_LISTENER_TLS_ALLOW, /* the client decides */
    CONFIG_LISTENER_TLS_REQUIRE,
};

enum config_client_cert {
    CONFIG_CLIENT_CERT_NONE,
    CONFIG_CLIENT_CERT_OPTIONAL, /* one that is shown must be valid */
    CONFIG_CLIENT_CERT_REQUIRED,
};

struct config_listener_tls {
    enum config_listener_tls_mode mode;
    char *cert;      /* NULL when off */
    char *key;       /* NULL when off */
    char *client_ca; /* NULL when client_cert is none */
    enum config_client_cert client_cert;
};

/* Towards servers; the words are libpq's. */
enum config_upstream_tls_mode {
    CONFIG_UPSTREAM_TLS_DISABLE,
    CONFIG_UPSTREAM_TLS_REQUIRE, /* encrypted, with whoever answers */
    CONFIG_UPSTREAM_TLS_VERIFY_CA,
    CONFIG_UPSTREAM_TLS_VERIFY_FULL,
};

/* Whether a login to a server is bound to its certificate, as libpq's parameter of the name. */
enum config_channel_binding {
    CONFIG_CHANNEL_BINDING_PREFER,
    CONFIG_CHANNEL_BINDING_REQUIRE,
    CONFIG_CHANNEL_BINDING_DISABLE,
};

struct config_upstream_tls {
    enum config_upstream_tls_mode mode;
    enum config_channel_binding channel_binding;
    char *ca;   /* NULL: the system's */
    char *cert; /* NULL: no client certificate is shown */
    char *key;  /* NULL like cert */
};

#endif
