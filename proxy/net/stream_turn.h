/* SPDX-License-Identifier: Apache-2.0
 *
 * What a turn does with a stream: events, and what is left for the turn's end. For worker.c and
 * the other parts of the stream only. */
#ifndef PROXY_NET_STREAM_TURN_H
#define PROXY_NET_STREAM_TURN_H

#include <stddef.h>

#include <event2/util.h>

#include "protocol/bytes.h"

struct stream;
struct worker;

/* libevent's callback of every stream. */
void stream_on_event(evutil_socket_t fd, short what, void *arg);

/* Sends as much as the socket takes now and answers how much; breaks the stream on failure. */
size_t stream_send(struct stream *s, struct slice bytes);

/* Tells the owners of the streams on worker->ready what they wait for: input that was kept, a
 * failure. Streams that get ready meanwhile wait for the next round. */
void stream_turn_ready(struct worker *worker);

/* Sends the output of the streams on worker->unsent, one write for each. */
void stream_turn_flush(struct worker *worker);

#endif
