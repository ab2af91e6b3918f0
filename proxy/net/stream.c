/* SPDX-License-Identifier: Apache-2.0
 *
 * A socket's two directions. Reading: recv into the worker's scratch memory, show it, keep what
 * the owner left; when something was left before, recv behind it. Writing: collect, send once a
 * turn; wait for room only after a short write. One libevent event covers both, registered with
 * epoll once and changed only on backpressure.
 *
 * Callbacks come from an event, from the turn's end or from a deadline, never from inside an
 * owner's call: what must be told later puts the stream on worker->ready. stream_close removes it
 * from every list, so no callback meets it again; the memory is the owner's. Worker's thread only.
 */
#include "proxy/net/stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "protocol/check.h"
#include "proxy/net/owner.h"
#include "proxy/net/socket.h"
#include "proxy/net/stream_turn.h"

#define STREAM_TAG     0x57e4a301U
#define READS_PER_TURN 4                   /* of a whole scratch, then others have their turn */
#define READS_AT_END   64                  /* 4 MiB: what may lie in a broken socket's queue */
#define READ_MORE      ((size_t)16 * 1024) /* room made behind input that was kept */
#define DIRECT_WRITE   ((size_t)16 * 1024) /* worth a write of its own rather than a copy */
#define OUT_SLACK      ((size_t)1024 * 1024)

enum state {
    ST_NONE, /* zeroed */
    ST_CONNECTING,
    ST_OPEN,
    ST_FLUSHING,  /* closing: output is left */
    ST_LINGERING, /* closing: all sent, waits for the peer's end */
    ST_ENDED,     /* on_closed was called */
    ST_CLOSED,
};

enum flag {
    PAUSED = 1 << 0,
    BLOCKED = 1 << 1,    /* the socket takes no more output */
    FULL = 1 << 2,       /* was above the high-water mark and on_drained was not called since */
    DELIVERING = 1 << 3, /* inside on_input */
    HUNG_UP = 1 << 4,    /* on_hangup was called */
    BROKEN = 1 << 5,     /* sending failed with s->error; to be told from the ready list */
    REDELIVER = 1 << 6,  /* show kept input again */
    ON_READY = 1 << 7,
    ON_UNSENT = 1 << 8,
};

static bool has(const struct stream *s, enum flag flag)
{
    return (s->flags & (unsigned)flag) != 0;
}

static void set(struct stream *s, enum flag flag)
{
    s->flags = (uint16_t)(s->flags | (unsigned)flag);
}

static void clear(struct stream *s, enum flag flag)
{
    s->flags = (uint16_t)(s->flags & ~(unsigned)flag);
}

/* Lists and events. */

static void put_on_ready(struct stream *s)
{
    if (!has(s, ON_READY)) {
        set(s, ON_READY);
        TAILQ_INSERT_TAIL(&s->worker->ready, s, ready_entry);
    }
}

static void put_on_unsent(struct stream *s)
{
    if (!has(s, ON_UNSENT)) {
        set(s, ON_UNSENT);
        TAILQ_INSERT_TAIL(&s->worker->unsent, s, unsent_entry);
    }
}

static void take_off_ready(struct stream *s)
{
    if (has(s, ON_READY)) {
        clear(s, ON_READY);
        TAILQ_REMOVE(&s->worker->ready, s, ready_entry);
    }
}

static void take_off_unsent(struct stream *s)
{
    if (has(s, ON_UNSENT)) {
        clear(s, ON_UNSENT);
        TAILQ_REMOVE(&s->worker->unsent, s, unsent_entry);
    }
}

static unsigned wanted_when_open(const struct stream *s)
{
    unsigned wanted = has(s, BLOCKED) ? EV_WRITE : 0;
    if (has(s, BROKEN)) {
        return 0;
    }
    if (!has(s, PAUSED)) {
        return wanted | EV_READ;
    }
    /* By edge: data that nobody reads yet must not wake the loop again and again. EV_CLOSED would
     * not do, since libevent never passes a reset to an event that waits for nothing else. */
    return s->ops->on_hangup != NULL && !has(s, HUNG_UP) ? wanted | EV_READ | EV_ET : wanted;
}

static unsigned wanted_events(const struct stream *s)
{
    switch ((enum state)s->state) {
    case ST_CONNECTING:
        return has(s, BROKEN) ? 0 : EV_WRITE;
    case ST_OPEN:
        return wanted_when_open(s);
    case ST_FLUSHING:
        return has(s, BLOCKED) ? EV_WRITE : 0;
    case ST_LINGERING:
        return EV_READ;
    case ST_NONE:
    case ST_ENDED:
    case ST_CLOSED:
        break;
    }
    return 0;
}

static void on_event(evutil_socket_t fd, short what, void *arg);

static void update_events(struct stream *s)
{
    short wanted = (short)wanted_events(s);
    if (wanted == s->interest) {
        return;
    }
    if (s->interest != 0) {
        check(event_del(&s->event) == 0);
    }
    s->interest = wanted;
    if (wanted != 0) {
        short events = (short)(wanted | EV_PERSIST);
        check(event_assign(&s->event, s->worker->base, s->fd, events, on_event, s) == 0);
        check(event_add(&s->event, NULL) == 0);
    }
}

/* Ends. */

static void tell_end(struct stream *s, enum stream_end end, int error)
{
    s->state = ST_ENDED;
    deadline_disarm(&s->linger);
    take_off_ready(s);
    take_off_unsent(s);
    update_events(s);
    s->ops->on_closed(s, end, error);
}

static void on_linger_over(struct deadline *d)
{
    tell_end(owner_of(d, struct stream, linger), STREAM_FLUSHED, 0);
}

/* The sending side failed. What the peer said before is shown first, from the ready list. */
static void mark_broken(struct stream *s, int error)
{
    set(s, BROKEN);
    clear(s, BLOCKED);
    s->error = error;
    fifo_clear(&s->out, &s->worker->spares);
    take_off_unsent(s);
    put_on_ready(s);
    update_events(s);
}

/* Reading. */

static void keep_what_is_left(struct stream *s)
{
    struct fifo_spares *spares = &s->worker->spares;
    if (s->state != ST_OPEN) {
        fifo_clear(&s->in, spares);
    } else if (fifo_bytes(&s->in).len > 0) {
        fifo_consume(&s->in, spares, fifo_bytes(&s->in).len - s->view.len);
    } else if (s->view.len > 0) {
        size_t room = 0;
        uint8_t *kept = fifo_reserve(&s->in, spares, s->view.len, s->max_in, &room);
        if (kept == NULL) {
            s->view = slice_of(NULL, 0);
            tell_end(s, STREAM_TOO_LARGE, ENOMEM);
            return;
        }
        memcpy(kept, s->view.ptr, s->view.len);
        fifo_commit(&s->in, s->view.len);
    }
    s->view = fifo_bytes(&s->in);
}

static void deliver(struct stream *s, struct slice view)
{
    check(!has(s, DELIVERING));
    s->view = view;
    set(s, DELIVERING);
    s->ops->on_input(s);
    clear(s, DELIVERING);
    keep_what_is_left(s);
}

/* Receives into memory; answers what recv would, or -errno. */
static ssize_t receive(const struct stream *s, void *memory, size_t room)
{
    ssize_t n = 0;
    do {
        n = recv(s->fd, memory, room, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
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
        tell_end(s, STREAM_EOF, 0);
    } else if (received != -EAGAIN) {
        tell_end(s, STREAM_RESET, (int)-received);
    }
}

/* One recv and its on_input. True: there may be more to read. */
static bool read_once(struct stream *s)
{
    size_t room = 0;
    uint8_t *memory = input_room(s, &room);
    if (memory == NULL) {
        tell_end(s, STREAM_TOO_LARGE, 0);
        return false;
    }
    ssize_t received = receive(s, memory, room);
    if (received <= 0) {
        end_reading(s, received);
        return false;
    }
    struct slice view = slice_of(memory, (size_t)received);
    if (memory != s->worker->scratch) {
        fifo_commit(&s->in, (size_t)received);
        view = fifo_bytes(&s->in);
    }
    deliver(s, view);
    return (size_t)received == room && s->state == ST_OPEN && !has(s, PAUSED);
}

static void discard_input(struct stream *s)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t received = receive(s, s->worker->scratch, WORKER_SCRATCH);
        if (received == -EAGAIN) {
            return;
        }
        if (received <= 0) {
            tell_end(s, STREAM_FLUSHED, 0);
            return;
        }
    }
}

static void on_readable(struct stream *s)
{
    if (s->state == ST_LINGERING) {
        discard_input(s);
        return;
    }
    for (int i = 0; i < READS_PER_TURN && read_once(s); i++) {
    }
}

/* Writing. */

/* Sends as much as the socket takes; answers how much. */
static size_t send_some(struct stream *s, struct slice bytes)
{
    ssize_t n = 0;
    do {
        n = send(s->fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        mark_broken(s, errno);
        return 0;
    }
    return n < 0 ? 0 : (size_t)n;
}

static void start_lingering(struct stream *s)
{
    s->state = ST_LINGERING;
    (void)shutdown(s->fd, SHUT_WR); /* fails when the peer is gone: recv will say so */
}

static void flush(struct stream *s)
{
    struct slice bytes = fifo_bytes(&s->out);
    size_t sent = bytes.len > 0 ? send_some(s, bytes) : 0;
    if (has(s, BROKEN)) {
        return;
    }
    fifo_consume(&s->out, &s->worker->spares, sent);
    size_t left = stream_pending(s);
    if (left > 0) {
        set(s, BLOCKED);
    } else {
        clear(s, BLOCKED);
        if (s->state == ST_FLUSHING) {
            start_lingering(s);
        }
    }
    update_events(s);
    if (has(s, FULL) && left < STREAM_LOW_WATER && s->state == ST_OPEN) {
        clear(s, FULL);
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
        tell_end(s, STREAM_CONNECT_FAILED, error);
        return;
    }
    s->state = ST_OPEN;
    if (stream_pending(s) > 0) {
        put_on_unsent(s);
    }
    update_events(s);
    if (s->ops->on_connected != NULL) {
        s->ops->on_connected(s);
    }
}

static void look_for_hangup(struct stream *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLRDHUP};
    if (poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
        set(s, HUNG_UP);
        update_events(s);
        s->ops->on_hangup(s);
    }
}

static void step(struct stream *s, short what)
{
    worker_begin_turn(s->worker);
    if ((what & EV_WRITE) != 0 && s->state == ST_CONNECTING) {
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

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct stream *s = arg;
    check(s->tag == STREAM_TAG && s->fd == fd);
    step(s, what);
}

/* The turn's end. */

static void read_to_the_end(struct stream *s)
{
    for (int i = 0; i < READS_AT_END && s->state == ST_OPEN && !has(s, PAUSED); i++) {
        if (!read_once(s)) {
            return;
        }
    }
}

static void tell_broken(struct stream *s)
{
    if (s->state == ST_CONNECTING) {
        tell_end(s, STREAM_CONNECT_FAILED, s->error);
        return;
    }
    read_to_the_end(s);
    if (s->state == ST_OPEN) {
        tell_end(s, STREAM_RESET, s->error);
    } else if (s->state == ST_FLUSHING || s->state == ST_LINGERING) {
        tell_end(s, STREAM_FLUSHED, 0);
    }
}

static void tell_ready(struct stream *s)
{
    bool redeliver = has(s, REDELIVER) && !has(s, PAUSED) && s->state == ST_OPEN;
    clear(s, REDELIVER);
    if (redeliver && fifo_bytes(&s->in).len > 0) {
        deliver(s, fifo_bytes(&s->in));
    }
    if (has(s, BROKEN) && s->state != ST_ENDED && s->state != ST_CLOSED) {
        tell_broken(s);
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
        take_off_ready(s);
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
        take_off_unsent(s);
        flush(s);
    }
}

/* What owners call. */

static void init(struct stream *s, struct worker *worker, const struct stream_ops *ops,
                 size_t max_message)
{
    check(ops->on_input != NULL && ops->on_closed != NULL);
    check(max_message < SIZE_MAX / 4);
    *s = (struct stream){.tag = STREAM_TAG, .fd = -1, .worker = worker, .ops = ops};
    s->max_in = max_message > WORKER_SCRATCH ? max_message : WORKER_SCRATCH;
    s->max_out = 2 * max_message + OUT_SLACK;
    deadline_init(&s->linger, on_linger_over);
}

void stream_init(struct stream *s, struct worker *worker, int fd, const struct stream_ops *ops,
                 size_t max_message)
{
    check(fd >= 0);
    init(s, worker, ops, max_message);
    s->fd = fd;
    s->state = ST_OPEN;
    update_events(s);
}

void stream_connect(struct stream *s, struct worker *worker, const struct sockaddr *address,
                    socklen_t address_len, const struct stream_ops *ops, size_t max_message)
{
    init(s, worker, ops, max_message);
    s->state = ST_CONNECTING;
    s->fd = socket_open(address->sa_family);
    if (s->fd < 0 || (connect(s->fd, address, address_len) < 0 && errno != EINPROGRESS)) {
        mark_broken(s, errno);
        return;
    }
    update_events(s);
}

void stream_set_ops(struct stream *s, const struct stream_ops *ops)
{
    check(s->tag == STREAM_TAG && ops->on_input != NULL && ops->on_closed != NULL);
    s->ops = ops;
    update_events(s);
}

struct slice stream_input(const struct stream *s)
{
    return s->view;
}

void stream_consume(struct stream *s, size_t len)
{
    s->view = slice_from(s->view, len);
    if (!has(s, DELIVERING)) {
        fifo_consume(&s->in, &s->worker->spares, len);
        s->view = fifo_bytes(&s->in);
    }
}

static bool takes_output(const struct stream *s)
{
    check(s->tag == STREAM_TAG);
    return (s->state == ST_OPEN || s->state == ST_CONNECTING) && !has(s, BROKEN);
}

static void note_output(struct stream *s)
{
    if (stream_pending(s) > STREAM_HIGH_WATER) {
        set(s, FULL);
    }
    if (s->state == ST_OPEN && !has(s, BLOCKED)) {
        put_on_unsent(s);
    }
}

bool stream_write(struct stream *s, struct slice bytes)
{
    if (!takes_output(s)) {
        return true; /* it goes nowhere, and on_closed says so or has */
    }
    if (bytes.len >= DIRECT_WRITE && s->state == ST_OPEN && stream_pending(s) == 0) {
        bytes = slice_from(bytes, send_some(s, bytes));
    }
    if (bytes.len == 0 || has(s, BROKEN)) {
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
    set(s, PAUSED);
    update_events(s);
}

void stream_resume(struct stream *s)
{
    if (!has(s, PAUSED)) {
        return;
    }
    clear(s, PAUSED);
    update_events(s);
    if (s->state == ST_OPEN && s->view.len > 0) {
        set(s, REDELIVER);
        put_on_ready(s);
    }
}

void stream_close_after_flush(struct stream *s, int64_t deadline_us)
{
    bool can_flush = (s->state == ST_OPEN || s->state == ST_ENDED) && !has(s, BROKEN);
    if (s->state == ST_NONE || s->state == ST_CLOSED || s->state == ST_FLUSHING ||
        s->state == ST_LINGERING) {
        return;
    }
    s->state = ST_FLUSHING;
    if (!has(s, DELIVERING)) {
        fifo_clear(&s->in, &s->worker->spares);
        s->view = slice_of(NULL, 0);
    }
    deadline_arm(s->worker, &s->linger, can_flush ? deadline_us : s->worker->now_us);
    if (can_flush && !has(s, BLOCKED)) {
        put_on_unsent(s); /* even with nothing to send: the flush sends the end */
    }
    update_events(s);
}

void stream_close(struct stream *s)
{
    if (s == NULL || s->state == ST_NONE || s->state == ST_CLOSED) {
        return;
    }
    check(s->tag == STREAM_TAG);
    s->state = ST_CLOSED;
    update_events(s);
    take_off_ready(s);
    take_off_unsent(s);
    deadline_disarm(&s->linger);
    if (s->fd >= 0) {
        (void)close(s->fd);
        s->fd = -1;
    }
    fifo_clear(&s->out, &s->worker->spares);
    if (!has(s, DELIVERING)) { /* else deliver() does, when the owner no longer looks at it */
        fifo_clear(&s->in, &s->worker->spares);
        s->view = slice_of(NULL, 0);
    }
}

bool stream_is_open(const struct stream *s)
{
    return s->state != ST_NONE && s->state != ST_CLOSED && s->state != ST_ENDED;
}
