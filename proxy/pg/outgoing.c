/* SPDX-License-Identifier: Apache-2.0
 *
 * A writer over the stream's own memory: no copy between building and sending. */
#include "proxy/pg/outgoing.h"

#include "proxy/net/stream.h"

bool outgoing_begin(struct outgoing *out, struct stream *stream, size_t room)
{
    uint8_t *memory = stream_reserve(stream, room);
    if (memory == NULL) {
        return false;
    }
    *out = (struct outgoing){.writer = writer_over(memory, room), .stream = stream};
    return true;
}

bool outgoing_end(struct outgoing *out)
{
    struct slice written;
    bool fits = writer_done(&out->writer, &written);
    stream_commit(out->stream, fits ? written.len : 0);
    return fits;
}
