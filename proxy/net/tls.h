/* SPDX-License-Identifier: Apache-2.0
 *
 * The TLS half of one stream: what recv and send are to a plain socket, over an encrypted one. For
 * streams only. */
#ifndef PROXY_NET_TLS_H
#define PROXY_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct tls;
struct tls_context;

/* Takes over a connected non-blocking fd, which stays the caller's to close. received: what was
 * read from it already and is the beginning of the handshake; copied. host: towards a server, its
 * name or address as it was configured; NULL towards a client. NULL when memory is short. */
MUST_USE struct tls *tls_new(const struct tls_context *context, int fd, struct slice received,
                             const char *host);

/* NULL inside is fine. Tells the peer nothing: see tls_say_goodbye. */
void tls_free(struct tls **tls);

enum tls_step {
    TLS_DONE,
    TLS_WANTS_INPUT,
    TLS_WANTS_OUTPUT, /* go on when the socket takes more */
    TLS_FAILED,       /* see tls_failure */
};

/* Goes on with the handshake. */
enum tls_step tls_handshake(struct tls *tls);

/* Whether the handshake is over and was good. */
bool tls_is_ready(const struct tls *tls);

/* Bytes received, 0 at the end of the stream, -errno otherwise; as many as there are room for. */
ssize_t tls_receive(struct tls *tls, void *memory, size_t room);

/* Bytes sent, perhaps 0; -errno when the connection is broken. After a short count the next call
 * begins with the same bytes. */
ssize_t tls_send(struct tls *tls, struct slice bytes);

/* Whether decrypted bytes wait, for which the socket will not call. */
bool tls_has_pending(const struct tls *tls);

/* Sends the end of the encrypted stream, as far as the socket takes it. */
void tls_say_goodbye(struct tls *tls);

/* Why the handshake failed, for the log; "" if it did not. Borrows. */
const char *tls_failure(const struct tls *tls);

/* The hash of the server's certificate, ours or the peer's, as channel binding wants it (RFC
 * 5929 4.1): its length, 0 when there is none. */
size_t tls_server_end_point(const struct tls *tls, uint8_t out[64]);

/* The common name of the peer's verified certificate; "" if there is none. */
void tls_peer_common_name(const struct tls *tls, char *out, size_t cap);

/* Whether the peer chose the protocol by ALPN. */
bool tls_has_alpn(const struct tls *tls);

#endif
