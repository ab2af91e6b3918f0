/* SPDX-License-Identifier: Apache-2.0
 *
 * What all encrypted connections of one listener, or to one upstream, have in common: certificate,
 * key, whom to trust, which versions. Made once from files; any thread may use it. */
#ifndef PROXY_NET_TLS_CONTEXT_H
#define PROXY_NET_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/compiler.h"

struct config_listener_tls;
struct config_upstream_tls;
struct ssl_ctx_st;

struct tls_context {
    struct ssl_ctx_st *ctx; /* owns */
    bool checks_host;       /* the server's name must be in its certificate */
};

/* Read the files. NULL when one is no good, and message (cut at cap) says which and why. Clients
 * that offer ALPN must offer "postgresql". */
MUST_USE struct tls_context *tls_context_for_clients(const struct config_listener_tls *config,
                                                     char *message, size_t cap);
MUST_USE struct tls_context *tls_context_for_servers(const struct config_upstream_tls *config,
                                                     char *message, size_t cap);

/* NULL inside is fine. */
void tls_context_free(struct tls_context **context);

#endif
