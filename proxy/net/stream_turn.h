/* SPDX-License-Identifier: Apache-2.0
 *
 * What the worker does with its streams at the end of a turn. For worker.c only. */
#ifndef PROXY_NET_STREAM_TURN_H
#define PROXY_NET_STREAM_TURN_H

struct worker;

/* Tells the owners of the streams on worker->ready what they wait for: input that was kept, a
 * connection, an end. Streams that get ready meanwhile wait for the next round. */
void stream_turn_ready(struct worker *worker);

/* Sends the output of the streams on worker->unsent, one write for each. */
void stream_turn_flush(struct worker *worker);

#endif
