/* SPDX-License-Identifier: Apache-2.0
 *
 * What an owner does with a stream: open, look at input, write, hold back, close. None of it calls
 * the owner back. stream_close takes the stream off every list, so no callback meets it again; the
 * memory is the owner's. Output is copied and sent at the end of the turn (stream_turn.c), but a
 * large piece goes out at once when nothing waits before it. Worker's thread only. */
#include "proxy/net/stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "protocol/check.h"
#include "proxy/net/socket.h"
#include "proxy/net/stream_state.h"
#include "proxy/net/stream_turn.h"
#include "proxy/net/tls.h"

#define DIRECT_WRITE ((size_t)16 * 1024) /* worth a write of its own rather than a copy */
#define OUT_SLACK    ((size_t)1024 * 1024)

static void init(struct stream *s, struct worker *worker, const struct stream_ops *ops,
                 size_t max_message)
{
    check(ops->on_input != NULL && ops->on_closed != NULL);
    check(max_message < SIZE_MAX / 4);
    *s = (struct stream){.tag = STREAM_TAG, .fd = -1, .worker = worker, .ops = ops};
    s->max_in = max_message > WORKER_SCRATCH ? max_message : WORKER_SCRATCH;
    s->max_out = 2 * max_message + OUT_SLACK;
    deadline_init(&s->linger, stream_linger_over);
}

void stream_init(struct stream *s, struct worker *worker, int fd, const struct stream_ops *ops,
                 size_t max_message)
{
    check(fd >= 0);
    init(s, worker, ops, max_message);
    s->fd = fd;
    s->state = STREAM_IS_OPEN;
    stream_update_events(s);
}

void stream_connect(struct stream *s, struct worker *worker, const struct sockaddr *address,
                    socklen_t address_len, const struct stream_ops *ops, size_t max_message)
{
    init(s, worker, ops, max_message);
    s->state = STREAM_IS_CONNECTING;
    s->fd = socket_open(address->sa_family);
    if (s->fd < 0 || (connect(s->fd, address, address_len) < 0 && errno != EINPROGRESS)) {
        stream_break(s, errno);
        return;
    }
    stream_update_events(s);
}

void stream_set_ops(struct stream *s, const struct stream_ops *ops)
{
    check(s->tag == STREAM_TAG && ops->on_input != NULL && ops->on_closed != NULL);
    s->ops = ops;
    stream_update_events(s);
}

void stream_count_for(struct stream *s, struct metrics_group *tenant)
{
    s->counted = tenant;
}

struct slice stream_input(const struct stream *s)
{
    return s->view;
}

void stream_consume(struct stream *s, size_t len)
{
    s->view = slice_from(s->view, len);
    if (!stream_has(s, STREAM_DELIVERING)) {
        fifo_consume(&s->in, &s->worker->spares, len);
        s->view = fifo_bytes(&s->in);
    }
}

void stream_consume_secret(struct stream *s, size_t len)
{
    check(len <= s->view.len);
    /* What is shown lies in the worker's scratch or in s->in: shown as const, and ours. */
    explicit_bzero((void *)(uintptr_t)s->view.ptr, len);
    stream_consume(s, len);
}

static bool takes_output(const struct stream *s)
{
    check(s->tag == STREAM_TAG);
    return (s->state == STREAM_IS_OPEN || s->state == STREAM_IS_CONNECTING) &&
           !stream_has(s, STREAM_BROKEN);
}

static void note_output(struct stream *s)
{
    if (stream_pending(s) > STREAM_HIGH_WATER) {
        stream_set(s, STREAM_FULL);
    }
    if (s->state == STREAM_IS_OPEN && !stream_has(s, STREAM_BLOCKED)) {
        stream_put_on_unsent(s);
    }
}

bool stream_write(struct stream *s, struct slice bytes)
{
    if (!takes_output(s)) {
        return true; /* it goes nowhere, and on_closed says so or has */
    }
    if (bytes.len >= DIRECT_WRITE && s->state == STREAM_IS_OPEN && stream_pending(s) == 0) {
        bytes = slice_from(bytes, stream_send(s, bytes));
    }
    if (bytes.len == 0 || stream_has(s, STREAM_BROKEN)) {
        return true;
    }
    size_t room = 0;
    uint8_t *to = fifo_reserve(&s->out, &s->worker->spares, bytes.len, s->max_out, &room);
    if (to == NULL) {
        return false;
    }
    memcpy(to, bytes.ptr, bytes.len);
    fifo_commit(&s->out, bytes.len);
    note_output(s);
    return true;
}

uint8_t *stream_reserve(struct stream *s, size_t len)
{
    check(s->tag == STREAM_TAG);
    size_t room = 0;
    return fifo_reserve(&s->out, &s->worker->spares, len, s->max_out, &room);
}

void stream_commit(struct stream *s, size_t len)
{
    fifo_commit(&s->out, len);
    if (stream_pending(s) == 0 || !takes_output(s)) {
        fifo_clear(&s->out, &s->worker->spares);
        return;
    }
    note_output(s);
}

size_t stream_pending(const struct stream *s)
{
    return fifo_bytes(&s->out).len;
}

bool stream_is_full(const struct stream *s)
{
    return stream_pending(s) > STREAM_HIGH_WATER;
}

void stream_set_max_out(struct stream *s, size_t max_out)
{
    s->max_out = max_out;
}

void stream_pause(struct stream *s)
{
    stream_set(s, STREAM_PAUSED);
    stream_update_events(s);
}

void stream_resume(struct stream *s)
{
    if (!stream_has(s, STREAM_PAUSED)) {
        return;
    }
    stream_clear(s, STREAM_PAUSED);
    stream_update_events(s);
    if (s->state == STREAM_IS_OPEN && s->view.len > 0) {
        stream_set(s, STREAM_REDELIVER);
        stream_put_on_ready(s);
    }
    if (s->state == STREAM_IS_OPEN && s->tls != NULL && tls_has_pending(s->tls)) {
        stream_put_on_ready(s);
    }
}

void stream_close_after_flush(struct stream *s, int64_t deadline_us)
{
    bool can_flush = (s->state == STREAM_IS_OPEN || s->state == STREAM_IS_ENDED) &&
                     !stream_has(s, STREAM_BROKEN);
    if (s->state == STREAM_IS_ZERO || s->state == STREAM_IS_CLOSED ||
        s->state == STREAM_IS_FLUSHING || s->state == STREAM_IS_LINGERING) {
        return;
    }
    s->state = STREAM_IS_FLUSHING;
    if (!stream_has(s, STREAM_DELIVERING)) {
        fifo_clear(&s->in, &s->worker->spares);
        s->view = slice_of(NULL, 0);
    }
    deadline_arm(s->worker, &s->linger, can_flush ? deadline_us : s->worker->now_us);
    if (can_flush && !stream_has(s, STREAM_BLOCKED)) {
        stream_put_on_unsent(s); /* even with nothing to send: the flush sends the end */
    }
    stream_update_events(s);
}

void stream_close(struct stream *s)
{
    if (s == NULL || s->state == STREAM_IS_ZERO || s->state == STREAM_IS_CLOSED) {
        return;
    }
    check(s->tag == STREAM_TAG);
    s->state = STREAM_IS_CLOSED;
    stream_update_events(s);
    stream_take_off_ready(s);
    stream_take_off_unsent(s);
    deadline_disarm(&s->linger);
    tls_free(&s->tls);
    if (s->fd >= 0) {
        (void)close(s->fd);
        s->fd = -1;
    }
    fifo_clear(&s->out, &s->worker->spares);
    if (!stream_has(
            s, STREAM_DELIVERING)) { /* else deliver() does, when the owner no longer looks at it */
        fifo_clear(&s->in, &s->worker->spares);
        s->view = slice_of(NULL, 0);
    }
}

bool stream_is_open(const struct stream *s)
{
    return s->state != STREAM_IS_ZERO && s->state != STREAM_IS_CLOSED &&
           s->state != STREAM_IS_ENDED;
}
