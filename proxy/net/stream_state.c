/* SPDX-License-Identifier: Apache-2.0
 *
 * The moves every part of a stream makes: flags, the worker's two lists, which events it waits
 * for, its end. Invariant: `interest` is what libevent was told, 0 when it knows nothing of the
 * stream. A stream that ended or closed is on no list. Worker's thread only. */
#include "proxy/net/stream_state.h"

#include <event2/event.h>

#include "protocol/check.h"
#include "proxy/net/owner.h"
#include "proxy/net/stream_turn.h"

bool stream_has(const struct stream *s, enum stream_flag flag)
{
    return (s->flags & (unsigned)flag) != 0;
}

void stream_set(struct stream *s, enum stream_flag flag)
{
    s->flags = (uint16_t)(s->flags | (unsigned)flag);
}

void stream_clear(struct stream *s, enum stream_flag flag)
{
    s->flags = (uint16_t)(s->flags & ~(unsigned)flag);
}

void stream_put_on_ready(struct stream *s)
{
    if (!stream_has(s, STREAM_ON_READY)) {
        stream_set(s, STREAM_ON_READY);
        TAILQ_INSERT_TAIL(&s->worker->ready, s, ready_entry);
    }
}

void stream_put_on_unsent(struct stream *s)
{
    if (!stream_has(s, STREAM_ON_UNSENT)) {
        stream_set(s, STREAM_ON_UNSENT);
        TAILQ_INSERT_TAIL(&s->worker->unsent, s, unsent_entry);
    }
}

void stream_take_off_ready(struct stream *s)
{
    if (stream_has(s, STREAM_ON_READY)) {
        stream_clear(s, STREAM_ON_READY);
        TAILQ_REMOVE(&s->worker->ready, s, ready_entry);
    }
}

void stream_take_off_unsent(struct stream *s)
{
    if (stream_has(s, STREAM_ON_UNSENT)) {
        stream_clear(s, STREAM_ON_UNSENT);
        TAILQ_REMOVE(&s->worker->unsent, s, unsent_entry);
    }
}

static unsigned wanted_when_open(const struct stream *s)
{
    unsigned wanted = stream_has(s, STREAM_BLOCKED) ? EV_WRITE : 0;
    if (stream_has(s, STREAM_BROKEN)) {
        return 0;
    }
    if (!stream_has(s, STREAM_PAUSED)) {
        return wanted | EV_READ;
    }
    /* By edge: data that nobody reads yet must not wake the loop again and again. EV_CLOSED would
     * not do, since libevent never passes a reset to an event that waits for nothing else. */
    return s->ops->on_hangup != NULL && !stream_has(s, STREAM_HUNG_UP) ? wanted | EV_READ | EV_ET
                                                                       : wanted;
}

static unsigned wanted_events(const struct stream *s)
{
    switch ((enum stream_state)s->state) {
    case STREAM_IS_CONNECTING:
        return stream_has(s, STREAM_BROKEN) ? 0 : EV_WRITE;
    case STREAM_IS_OPEN:
        return wanted_when_open(s);
    case STREAM_IS_FLUSHING:
        return stream_has(s, STREAM_BLOCKED) ? EV_WRITE : 0;
    case STREAM_IS_LINGERING:
        return EV_READ;
    case STREAM_IS_ZERO:
    case STREAM_IS_ENDED:
    case STREAM_IS_CLOSED:
        break;
    }
    return 0;
}

void stream_update_events(struct stream *s)
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
        check(event_assign(&s->event, s->worker->base, s->fd, events, stream_on_event, s) == 0);
        check(event_add(&s->event, NULL) == 0);
    }
}

void stream_tell_end(struct stream *s, enum stream_end end, int error)
{
    s->state = STREAM_IS_ENDED;
    deadline_disarm(&s->linger);
    stream_take_off_ready(s);
    stream_take_off_unsent(s);
    stream_update_events(s);
    s->ops->on_closed(s, end, error);
}

void stream_linger_over(struct deadline *d)
{
    stream_tell_end(owner_of(d, struct stream, linger), STREAM_FLUSHED, 0);
}

void stream_break(struct stream *s, int error)
{
    stream_set(s, STREAM_BROKEN);
    stream_clear(s, STREAM_BLOCKED);
    s->error = error;
    fifo_clear(&s->out, &s->worker->spares);
    stream_take_off_unsent(s);
    stream_put_on_ready(s);
    stream_update_events(s);
}
