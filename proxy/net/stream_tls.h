/* SPDX-License-Identifier: Apache-2.0
 *
 * Encrypting a stream that is open. From then on the owner reads and writes as before: what it
 * writes is kept until the handshake is over, and what it is shown is decrypted. */
#ifndef PROXY_NET_STREAM_TLS_H
#define PROXY_NET_STREAM_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct stream;
struct tls_context;

/* What was written before is sent in the clear, now; false when the socket does not take it: close
 * the stream. received: input that was shown and consumed but is the beginning of the peer's
 * handshake; empty for most. host: towards a server, its configured name; NULL towards a client. A
 * handshake that fails ends the stream with STREAM_RESET and EPROTO. */
MUST_USE bool stream_start_tls(struct stream *s, const struct tls_context *context,
                               struct slice received, const char *host);

/* Whether the handshake is over and was good. */
bool stream_is_encrypted(const struct stream *s);

/* Whether the peer named the protocol by ALPN. */
bool stream_has_alpn(const struct stream *s);

/* The hash of the server's certificate for channel binding; 0: there is none. */
size_t stream_server_end_point(const struct stream *s, uint8_t out[64]);

/* The common name of the peer's verified certificate; "" if there is none, or it does not fit. */
void stream_peer_common_name(const struct stream *s, char *out, size_t cap);

/* Why the handshake failed; "" if it did not, or there was none. Borrows. */
const char *stream_tls_failure(const struct stream *s);

#endif
