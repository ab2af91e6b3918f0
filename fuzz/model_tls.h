/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's side of TLS in miniature, on a non-blocking socket whose other end is served by the
 * same thread; and a certificate for the proxy's side. */
#ifndef FUZZ_MODEL_TLS_H
#define FUZZ_MODEL_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "protocol/bytes.h"

struct ssl_st;

enum model_tls_alpn { MODEL_TLS_NO_ALPN, MODEL_TLS_POSTGRESQL };

/* Writes a new certificate that is its own authority, and its key, as PEM files. */
void model_tls_write_certificate(const char *cert_path, const char *key_path);

/* A client on that socket, which stays the caller's; model_tls_free releases it, NULL inside is
 * fine. */
struct ssl_st *model_tls_new(int fd, enum model_tls_alpn alpn);
void model_tls_free(struct ssl_st **tls);

/* One try: 1 done, 0 not yet, -1 failed. */
int model_tls_shake(struct ssl_st *tls);

bool model_tls_send(struct ssl_st *tls, struct slice bytes);

/* As recv: what came, -1 with EAGAIN when nothing did, 0 at the end or when it failed. */
ssize_t model_tls_receive(struct ssl_st *tls, void *out, size_t cap);

#endif
