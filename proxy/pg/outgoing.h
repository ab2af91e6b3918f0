/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages built in place in a stream's output. Between begin and end the stream may not be used
 * for anything else. What is begun is always ended; a message that did not fit is not sent. */
#ifndef PROXY_PG_OUTGOING_H
#define PROXY_PG_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/compiler.h"
#include "protocol/writer.h"

struct stream;

struct outgoing {
    struct writer writer;  /* for the protocol's pg_write_ functions */
    struct stream *stream; /* private */
};

/* Room for at most `room` bytes. False: the stream holds too much already; close it. */
MUST_USE bool outgoing_begin(struct outgoing *out, struct stream *stream, size_t room);

/* Queues what was written. False when it did not fit or could not be written: close the stream. */
MUST_USE bool outgoing_end(struct outgoing *out);

#endif
