/* SPDX-License-Identifier: Apache-2.0
 *
 * The handshake itself is made by stream_turn.c, from the loop. */
#include "proxy/net/stream_tls.h"

#include "protocol/check.h"
#include "proxy/net/stream_state.h"
#include "proxy/net/stream_turn.h"
#include "proxy/net/tls.h"

bool stream_start_tls(struct stream *s, const struct tls_context *context, struct slice received,
                      const char *host)
{
    check(s->tag == STREAM_TAG && s->state == STREAM_IS_OPEN && s->tls == NULL);
    struct slice unsent = fifo_bytes(&s->out);
    if (unsent.len > 0) {
        fifo_consume(&s->out, &s->worker->spares, stream_send(s, unsent));
    }
    if (stream_pending(s) > 0 || stream_has(s, STREAM_BROKEN)) {
        return false;
    }
    s->tls = tls_new(context, s->fd, received, host);
    if (s->tls == NULL) {
        return false;
    }
    stream_set(s, STREAM_SHAKES);
    stream_put_on_ready(s);
    return true;
}

bool stream_is_encrypted(const struct stream *s)
{
    return s->tls != NULL && tls_is_ready(s->tls);
}

bool stream_has_alpn(const struct stream *s)
{
    return s->tls != NULL && tls_has_alpn(s->tls);
}

const char *stream_tls_failure(const struct stream *s)
{
    return s->tls == NULL ? "" : tls_failure(s->tls);
}

size_t stream_server_end_point(const struct stream *s, uint8_t out[64])
{
    return stream_is_encrypted(s) ? tls_server_end_point(s->tls, out) : 0;
}

void stream_peer_common_name(const struct stream *s, char *out, size_t cap)
{
    out[0] = '\0';
    if (stream_is_encrypted(s)) {
        tls_peer_common_name(s->tls, out, cap);
    }
}
