/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS 1.2 and newer, no renegotiation, no compression, no session tickets (each connection proves
 * itself; a pool has few of them). Verification is OpenSSL's own, never ours. */
#include "proxy/net/tls_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "policy/config/tls.h"
#include "protocol/mem.h"

#define ALPN "\012postgresql" /* its length before it, as on the wire */

/* The first reason the library gave, for a person. */
static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_error());
    return text != NULL ? text : "unknown error";
}

static bool fail(char *message, size_t cap, const char *file)
{
    snprintf(message, cap, "%s: %s", file, reason());
    ERR_clear_error();
    return false;
}

static bool take_certificate(SSL_CTX *ctx, const char *cert, const char *key, char *message,
                             size_t cap)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1) {
        return fail(message, cap, cert);
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        return fail(message, cap, key);
    }
    return true;
}

/* RFC 7301 3.2: a client that asks for other protocols only is turned away. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    unsigned char *chosen = NULL;
    int status = SSL_select_next_proto(&chosen, out_len, (const unsigned char *)ALPN,
                                       (unsigned)strlen(ALPN), in, in_len);
    *out = chosen;
    return status == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static struct tls_context *new_context(const SSL_METHOD *method, char *message, size_t cap)
{
    struct tls_context *context = mem_new(sizeof *context);
    ERR_clear_error();
    context->ctx = SSL_CTX_new(method);
    if (context->ctx == NULL || SSL_CTX_set_min_proto_version(context->ctx, TLS1_2_VERSION) != 1) {
        (void)fail(message, cap, "TLS");
        tls_context_free(&context);
        return NULL;
    }
    SSL_CTX_set_options(context->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                          SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context->ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(context->ctx, 0);
    SSL_CTX_set_mode(context->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
    return context;
}

static bool trust_clients(SSL_CTX *ctx, const struct config_listener_tls *config, char *message,
                          size_t cap)
{
    if (config->client_cert == CONFIG_CLIENT_CERT_NONE) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        return true;
    }
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(config->client_ca);
    if (names == NULL || SSL_CTX_load_verify_file(ctx, config->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return fail(message, cap, config->client_ca);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    bool is_required = config->client_cert == CONFIG_CLIENT_CERT_REQUIRED;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       NULL);
    return true;
}

struct tls_context *tls_context_for_clients(const struct config_listener_tls *config, char *message,
                                            size_t cap)
{
    struct tls_context *context = new_context(TLS_server_method(), message, cap);
    if (context == NULL) {
        return NULL;
    }
    SSL_CTX_set_alpn_select_cb(context->ctx, choose_alpn, NULL);
    if (!take_certificate(context->ctx, config->cert, config->key, message, cap) ||
        !trust_clients(context->ctx, config, message, cap)) {
        tls_context_free(&context);
    }
    return context;
}

static bool trust_servers(SSL_CTX *ctx, const struct config_upstream_tls *config, char *message,
                          size_t cap)
{
    if (config->mode == CONFIG_UPSTREAM_TLS_REQUIRE) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        return true;
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (config->ca == NULL) {
        return SSL_CTX_set_default_verify_paths(ctx) == 1 || fail(message, cap, "system store");
    }
    return SSL_CTX_load_verify_file(ctx, config->ca) == 1 || fail(message, cap, config->ca);
}

struct tls_context *tls_context_for_servers(const struct config_upstream_tls *config, char *message,
                                            size_t cap)
{
    struct tls_context *context = new_context(TLS_client_method(), message, cap);
    if (context == NULL) {
        return NULL;
    }
    context->checks_host = config->mode == CONFIG_UPSTREAM_TLS_VERIFY_FULL;
    bool is_fine = trust_servers(context->ctx, config, message, cap);
    if (is_fine && config->cert != NULL) {
        is_fine = take_certificate(context->ctx, config->cert, config->key, message, cap);
    }
    if (is_fine && SSL_CTX_set_alpn_protos(context->ctx, (const unsigned char *)ALPN,
                                           (unsigned)strlen(ALPN)) != 0) {
        is_fine = fail(message, cap, "ALPN");
    }
    if (!is_fine) {
        tls_context_free(&context);
    }
    return context;
}

void tls_context_free(struct tls_context **context)
{
    if (*context != NULL) {
        SSL_CTX_free((*context)->ctx);
        free(*context);
        *context = NULL;
    }
}
