/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a stream leads, for people who look. */
#ifndef PROXY_NET_STREAM_PEER_H
#define PROXY_NET_STREAM_PEER_H

#include "protocol/compiler.h"
#include "proxy/net/address.h"

struct stream;

/* Both ends of a stream's connection; false: it is not connected, or no more. */
MUST_USE bool stream_ends(const struct stream *s, struct address *out_own,
                          struct address *out_peer);

#endif
