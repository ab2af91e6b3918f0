/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens to a stream in a turn. Reading: recv into the worker's scratch memory, show it,
 * keep what the owner left; when something was left before, recv behind it. Writing: one send at
 * the end of the turn, and waiting for room only after a short one.
 *
 * Callbacks come from an event, from the turn's end or from a deadline, never from inside an
 * owner's call: what must be told later puts the stream on worker->ready. After every callback
 * the state is looked at again, since the owner may have closed. Worker's thread only. */
#include "proxy/net/stream_turn.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "protocol/check.h"
#include "proxy/metrics.h"
#include "proxy/net/stream_state.h"
#include "proxy/net/tls.h"

#define READS_PER_TURN 4                   /* of a whole scratch, then others have their turn */
#define READS_AT_END   64                  /* 4 MiB: what may lie in a broken socket's queue */
#define LINGER_US      INT64_C(1000000)    /* for a peer that does not close after we did */
#define READ_MORE      ((size_t)16 * 1024) /* room made behind input that was kept */

/* Reading. */

static void keep_what_is_left(struct stream *s)
{
    struct fifo_spares *spares = &s->worker->spares;
    if (s->state != STREAM_IS_OPEN) {
        fifo_clear(&s->in, spares);
    } else if (fifo_bytes(&s->in).len > 0) {
        fifo_consume(&s->in, spares, fifo_bytes(&s->in).len - s->view.len);
    } else if (s->view.len > 0) {
        size_t room = 0;
        uint8_t *kept = fifo_reserve(&s->in, spares, s->view.len, s->max_in, &room);
        if (kept == NULL) {
            s->view = slice_of(NULL, 0);
            stream_tell_end(s, STREAM_TOO_LARGE, ENOMEM);
            return;
        }
        memcpy(kept, s->view.ptr, s->view.len);
        fifo_commit(&s->in, s->view.len);
    }
    s->view = fifo_bytes(&s->in);
}

static void deliver(struct stream *s, struct slice view)
{
    check(!stream_has(s, STREAM_DELIVERING));
    s->view = view;
    stream_set(s, STREAM_DELIVERING);
    s->ops->on_input(s);
    stream_clear(s, STREAM_DELIVERING);
    keep_what_is_left(s);
}

static ssize_t receive_plain(const struct stream *s, void *memory, size_t room)
{
    ssize_t n = 0;
    do {
        n = recv(s->fd, memory, room, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Receives into memory; answers what recv would, or -errno. */
static ssize_t receive(const struct stream *s, void *memory, size_t room)
{
    if (s->tls == NULL) {
        return receive_plain(s, memory, room);
    }
    if (!tls_is_ready(s->tls)) {
        return tls_failure(s->tls)[0] != '\0' ? -EPROTO : -EAGAIN;
    }
    return tls_receive(s->tls, memory, room);
}

/* Where the next bytes go: scratch, or behind what was kept. NULL: there is no room. */
static uint8_t *input_room(struct stream *s, size_t *out_room)
{
    size_t held = fifo_bytes(&s->in).len;
    if (held == 0) {
        *out_room = WORKER_SCRATCH;
        return s->worker->scratch;
    }
    size_t left = s->max_in > held ? s->max_in - held : 0;
    if (left == 0) {
        return NULL;
    }
    size_t least = left < READ_MORE ? left : READ_MORE;
    return fifo_reserve(&s->in, &s->worker->spares, least, s->max_in, out_room);
}

static void end_reading(struct stream *s, ssize_t received)
{
    if (received == 0) {
        stream_tell_end(s, STREAM_EOF, 0);
    } else if (received != -EAGAIN) {
        stream_tell_end(s, STREAM_RESET, (int)-received);
    }
}

/* An owner that will be shown again what it has gets no more before that: else a peer's many small
 * messages, of which an owner takes a few a turn, would be hoarded here. */
static bool wants_more(const struct stream *s)
{
    return !stream_has(s, STREAM_PAUSED) && !stream_has(s, STREAM_REDELIVER);
}

/* One recv and its on_input. True: there may be more to read. */
static bool read_once(struct stream *s)
{
    size_t room = 0;
    uint8_t *memory = input_room(s, &room);
    if (memory == NULL) {
        stream_tell_end(s, STREAM_TOO_LARGE, 0);
        return false;
    }
    ssize_t received = receive(s, memory, room);
    if (received <= 0) {
        end_reading(s, received);
        return false;
    }
    metrics_add(s->counted, METRIC_BYTES_RECEIVED, received);
    struct slice view = slice_of(memory, (size_t)received);
    if (memory != s->worker->scratch) {
        fifo_commit(&s->in, (size_t)received);
        view = fifo_bytes(&s->in);
    }
    deliver(s, view);
    return (size_t)received == room && s->state == STREAM_IS_OPEN && wants_more(s);
}

static void discard_input(struct stream *s)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t received = receive_plain(s, s->worker->scratch, WORKER_SCRATCH);
        if (received == -EAGAIN) {
            return;
        }
        if (received <= 0) {
            stream_tell_end(s, STREAM_FLUSHED, 0);
            return;
        }
    }
}

/* True: the stream may be read and written. */
static bool go_on_with_handshake(struct stream *s)
{
    if (s->tls == NULL || tls_is_ready(s->tls)) {
        return true;
    }
    enum tls_step step = tls_handshake(s->tls);
    stream_clear(s, STREAM_BLOCKED);
    if (step == TLS_WANTS_OUTPUT) {
        stream_set(s, STREAM_BLOCKED);
    } else if (step == TLS_FAILED) {
        stream_break(s, EPROTO);
    } else if (step == TLS_DONE && (stream_pending(s) > 0 || s->state == STREAM_IS_FLUSHING)) {
        stream_put_on_unsent(s);
    }
    stream_update_events(s);
    return step == TLS_DONE;
}

static void on_readable(struct stream *s)
{
    if (s->state == STREAM_IS_LINGERING) {
        discard_input(s);
        return;
    }
    if (!go_on_with_handshake(s)) {
        return;
    }
    for (int i = 0; i < READS_PER_TURN && wants_more(s) && read_once(s); i++) {
    }
    bool has_more = s->state == STREAM_IS_OPEN && s->tls != NULL && tls_has_pending(s->tls);
    if (has_more && wants_more(s)) {
        stream_put_on_ready(s); /* the socket knows nothing of it */
    }
}

/* Writing. */

/* What send would answer, or -errno. */
static ssize_t send_bytes(const struct stream *s, struct slice bytes)
{
    if (s->tls != NULL) {
        return tls_is_ready(s->tls) ? tls_send(s->tls, bytes) : 0;
    }
    ssize_t n = 0;
    do {
        n = send(s->fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

size_t stream_send(struct stream *s, struct slice bytes)
{
    ssize_t n = send_bytes(s, bytes);
    if (n < 0 && n != -EAGAIN) {
        stream_break(s, (int)-n);
        return 0;
    }
    if (n <= 0) {
        return 0;
    }
    metrics_add(s->counted, METRIC_BYTES_SENT, n);
    return (size_t)n;
}

static void start_lingering(struct stream *s)
{
    int64_t until_us = s->worker->now_us + LINGER_US;
    s->state = STREAM_IS_LINGERING;
    if (s->linger.at_us > until_us) {
        deadline_arm(s->worker, &s->linger, until_us);
    }
    if (s->tls != NULL) {
        tls_say_goodbye(s->tls);
    }
    (void)shutdown(s->fd, SHUT_WR); /* fails when the peer is gone: recv will say so */
}

static void flush(struct stream *s)
{
    if (!go_on_with_handshake(s)) {
        return;
    }
    struct slice bytes = fifo_bytes(&s->out);
    size_t sent = bytes.len > 0 ? stream_send(s, bytes) : 0;
    if (stream_has(s, STREAM_BROKEN)) {
        return;
    }
    fifo_consume(&s->out, &s->worker->spares, sent);
    size_t left = stream_pending(s);
    if (left > 0) {
        stream_set(s, STREAM_BLOCKED);
    } else {
        stream_clear(s, STREAM_BLOCKED);
        if (s->state == STREAM_IS_FLUSHING) {
            start_lingering(s);
        }
    }
    stream_update_events(s);
    if (stream_has(s, STREAM_FULL) && left < STREAM_LOW_WATER && s->state == STREAM_IS_OPEN) {
        stream_clear(s, STREAM_FULL);
        if (s->ops->on_drained != NULL) {
            s->ops->on_drained(s);
        }
    }
}

static void finish_connecting(struct stream *s)
{
    int error = 0;
    socklen_t len = sizeof error;
    check(getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0);
    if (error != 0) {
        stream_tell_end(s, STREAM_CONNECT_FAILED, error);
        return;
    }
    s->state = STREAM_IS_OPEN;
    if (stream_pending(s) > 0) {
        stream_put_on_unsent(s);
    }
    stream_update_events(s);
    if (s->ops->on_connected != NULL) {
        s->ops->on_connected(s);
    }
}

static void look_for_hangup(struct stream *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLRDHUP};
    if (poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
        stream_set(s, STREAM_HUNG_UP);
        stream_update_events(s);
        s->ops->on_hangup(s);
    }
}

static void step(struct stream *s, short what)
{
    worker_begin_turn(s->worker);
    if ((what & EV_WRITE) != 0 && s->state == STREAM_IS_CONNECTING) {
        finish_connecting(s);
        return;
    }
    if ((what & EV_WRITE) != 0) {
        flush(s);
    }
    if ((what & EV_READ) == 0 || (s->interest & EV_READ) == 0) {
        return;
    }
    if ((s->interest & EV_ET) != 0) {
        look_for_hangup(s);
    } else {
        on_readable(s);
    }
}

void stream_on_event(evutil_socket_t fd, short what, void *arg)
{
    struct stream *s = arg;
    check(s->tag == STREAM_TAG && s->fd == fd);
    step(s, what);
}

/* The turn's end. */

static void read_to_the_end(struct stream *s)
{
    for (int i = 0; i < READS_AT_END && s->state == STREAM_IS_OPEN && !stream_has(s, STREAM_PAUSED);
         i++) {
        if (!read_once(s)) {
            return;
        }
    }
}

static void tell_broken(struct stream *s)
{
    if (s->state == STREAM_IS_CONNECTING) {
        stream_tell_end(s, STREAM_CONNECT_FAILED, s->error);
        return;
    }
    read_to_the_end(s);
    if (s->state == STREAM_IS_OPEN) {
        stream_tell_end(s, STREAM_RESET, s->error);
    } else if (s->state == STREAM_IS_FLUSHING || s->state == STREAM_IS_LINGERING) {
        stream_tell_end(s, STREAM_FLUSHED, 0);
    }
}

static void tell_ready(struct stream *s)
{
    bool redeliver = stream_has(s, STREAM_REDELIVER) && !stream_has(s, STREAM_PAUSED) &&
                     s->state == STREAM_IS_OPEN;
    bool shakes = stream_has(s, STREAM_SHAKES);
    stream_clear(s, STREAM_REDELIVER);
    stream_clear(s, STREAM_SHAKES);
    if (redeliver && fifo_bytes(&s->in).len > 0) {
        deliver(s, fifo_bytes(&s->in));
    }
    if (stream_has(s, STREAM_BROKEN) && s->state != STREAM_IS_ENDED &&
        s->state != STREAM_IS_CLOSED) {
        tell_broken(s);
    }
    if (s->state == STREAM_IS_OPEN && s->tls != NULL && !stream_has(s, STREAM_BROKEN) &&
        (shakes || (tls_has_pending(s->tls) && wants_more(s)))) {
        on_readable(s);
    }
}

void stream_turn_ready(struct worker *worker)
{
    size_t num_now = 0;
    struct stream *s = NULL;
    TAILQ_FOREACH(s, &worker->ready, ready_entry)
    {
        num_now++;
    }
    while (num_now-- > 0 && (s = TAILQ_FIRST(&worker->ready)) != NULL) {
        stream_take_off_ready(s);
        tell_ready(s);
    }
}

void stream_turn_flush(struct worker *worker)
{
    size_t num_now = 0;
    struct stream *s = NULL;
    TAILQ_FOREACH(s, &worker->unsent, unsent_entry)
    {
        num_now++;
    }
    while (num_now-- > 0 && (s = TAILQ_FIRST(&worker->unsent)) != NULL) {
        stream_take_off_unsent(s);
        flush(s);
    }
}
