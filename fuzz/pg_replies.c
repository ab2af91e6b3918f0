/* SPDX-License-Identifier: Apache-2.0
 *
 * The reply tracker against a server in miniature. The input is a script: what is sent, when the
 * server acts on it, which of the things a server may do it does, and when its messages arrive.
 * Every message must be told to belong to the request it is for, requests must end in order, each
 * once, and what the server skipped must be reported as skipped. Where the tracker says that it
 * cannot know (unsound) or that the client broke the rules of COPY, the run ends. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "protocol/bytes.h"
#include "protocol/check.h"
#include "protocol/pg/reply_tracker.h"

#define MAX_MESSAGES 512
#define LOCAL        'l' /* never sent: only its place in the order counts */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What happened to a request, as the server did it and as the tracker told it. */
enum fate { FATE_NONE, FATE_ANSWERED, FATE_SKIPPED, FATE_SWALLOWED };

struct message {
    uint8_t type;   /* to the server: a letter of kinds, 'c', 'd' or LOCAL; from it: its type */
    bool is_last;   /* from the server: ends its request */
    uint16_t owner; /* number of the request; 0 for none */
};

struct queue {
    struct message messages[MAX_MESSAGES];
    size_t first;
    size_t count;
};

struct model {
    struct reader script;
    struct pg_reply_tracker tracker;
    struct queue to_server;
    struct queue from_server;
    uint16_t num_requests;
    uint16_t last_ended; /* requests end in order */
    bool is_skipping;
    bool is_copying; /* COPY FROM STDIN of the request `current` */
    struct message current;
    unsigned statements_left; /* of the simple query `current` */
    unsigned num_opened;      /* COPYs of the request that is being answered, as far as we heard */
    uint8_t fates[MAX_MESSAGES];
    uint8_t told[MAX_MESSAGES];
    bool is_over;
};

static const char kinds[] = "QFPBspECS"; /* in the order of enum pg_reply_kind */

static bool put(struct queue *q, uint8_t type, uint16_t owner, bool is_last)
{
    if (q->first + q->count == MAX_MESSAGES) {
        return false;
    }
    q->messages[q->first + q->count++] = (struct message){type, is_last, owner};
    return true;
}

static void reply(struct model *m, char type, uint16_t owner)
{
    m->is_over = m->is_over || !put(&m->from_server, (uint8_t)type, owner, false);
}

static void reply_last(struct model *m, char type, uint16_t owner)
{
    m->is_over = m->is_over || !put(&m->from_server, (uint8_t)type, owner, true);
    m->fates[owner] = FATE_ANSWERED;
}

static bool choose(struct model *m, unsigned one_in)
{
    return reader_u8(&m->script) % one_in == 0;
}

/* ---- the server ---- */

static void fail_extended(struct model *m, uint16_t owner)
{
    reply_last(m, 'E', owner);
    m->is_skipping = true;
}

/* The rest of a simple query, up to a COPY that must read or to the end. */
static void run_statements(struct model *m)
{
    uint16_t owner = m->current.owner;
    while (m->statements_left > 0) {
        m->statements_left--;
        switch (reader_u8(&m->script) % 6) {
        case 0:
            reply(m, 'E', owner);
            m->statements_left = 0;
            break;
        case 1:
            reply(m, 'G', owner);
            m->is_copying = true;
            return;
        case 2:
            reply(m, 'H', owner);
            reply(m, 'd', owner);
            reply(m, 'c', owner);
            reply(m, 'C', owner);
            break;
        case 3:
            reply(m, 'I', owner);
            break;
        default:
            reply(m, 'T', owner);
            reply(m, 'D', owner);
            reply(m, 'N', 0);
            reply(m, 'C', owner);
            break;
        }
    }
    reply_last(m, 'Z', owner);
}

static void end_copy(struct model *m, bool is_failure)
{
    m->is_copying = false;
    if (m->current.type == 'E') {
        if (is_failure) {
            fail_extended(m, m->current.owner);
        } else {
            reply_last(m, 'C', m->current.owner);
        }
        return;
    }
    reply(m, is_failure ? 'E' : 'C', m->current.owner);
    m->statements_left = is_failure ? 0 : m->statements_left;
    run_statements(m);
}

static void execute(struct model *m)
{
    switch (reader_u8(&m->script) % 4) {
    case 0:
        reply(m, 'G', m->current.owner);
        m->is_copying = true;
        break;
    case 1:
        reply(m, 'D', m->current.owner);
        reply_last(m, 's', m->current.owner);
        break;
    case 2:
        reply(m, 'H', m->current.owner);
        reply(m, 'c', m->current.owner);
        reply_last(m, 'C', m->current.owner);
        break;
    default:
        reply(m, 'D', m->current.owner);
        reply_last(m, 'C', m->current.owner);
        break;
    }
}

static void act_extended(struct model *m)
{
    uint16_t owner = m->current.owner;
    if (choose(m, 5)) {
        fail_extended(m, owner);
        return;
    }
    switch (m->current.type) {
    case 'P':
        reply_last(m, '1', owner);
        break;
    case 'B':
        reply_last(m, '2', owner);
        break;
    case 'C':
        reply_last(m, '3', owner);
        break;
    case 's':
        reply(m, 't', owner);
        reply_last(m, 'T', owner);
        break;
    case 'p':
        reply_last(m, 'n', owner);
        break;
    default:
        execute(m);
        break;
    }
}

static void act(struct model *m, struct message message)
{
    bool is_data = message.type == 'c' || message.type == 'd';
    if (message.type == LOCAL) {
        return;
    }
    if (m->is_copying) {
        if (message.type == 'c') {
            end_copy(m, choose(m, 3));
        } else if (message.type == 'S') {
            m->fates[message.owner] = FATE_SWALLOWED;
        } else if (message.type != 'd') {
            m->is_over = true; /* a server does not survive that */
        }
        return;
    }
    m->is_skipping = m->is_skipping && message.type != 'S';
    if (is_data) {
        return;
    }
    if (m->is_skipping) {
        m->fates[message.owner] = FATE_SKIPPED;
        return;
    }
    m->current = message;
    if (message.type == 'S' || message.type == 'F') {
        if (choose(m, 6)) {
            reply(m, 'E', message.owner);
        } else if (message.type == 'F') {
            reply(m, 'V', message.owner);
        }
        reply_last(m, 'Z', message.owner);
    } else if (message.type == 'Q') {
        m->statements_left = 1 + reader_u8(&m->script) % 3;
        run_statements(m);
    } else {
        act_extended(m);
    }
}

static bool server_step(struct model *m)
{
    if (m->is_copying && choose(m, 8)) {
        end_copy(m, true); /* an error of its own, between two messages */
        return true;
    }
    if (m->to_server.count == 0) {
        return false;
    }
    m->to_server.count--;
    act(m, m->to_server.messages[m->to_server.first++]);
    return true;
}

/* ---- our side ---- */

static void tell(struct model *m, uint64_t number, enum fate fate)
{
    check(number > m->last_ended && number <= m->num_requests);
    m->last_ended = (uint16_t)number;
    m->told[number] = (uint8_t)fate;
}

static void settle(struct model *m)
{
    struct pg_reply entry;
    for (;;) {
        enum pg_reply_settled settled = pg_reply_settle(&m->tracker, &entry);
        if (settled == PG_REPLY_WAITS) {
            return;
        }
        check(settled == PG_REPLY_SKIPPED || entry.is_local);
        tell(m, entry.value, settled == PG_REPLY_SKIPPED ? FATE_SKIPPED : FATE_ANSWERED);
    }
}

/* Whether something that is no COPY data was sent, or answered locally, between the request and the
 * end of its data. */
static bool copy_is_broken(const struct model *m, uint16_t owner)
{
    unsigned ends_left = m->num_opened; /* a simple query's earlier COPYs had theirs */
    const struct queue *sent = &m->to_server;
    bool is_behind = false;
    for (size_t i = 0; i < sent->first + sent->count; i++) {
        const struct message *message = &sent->messages[i];
        bool is_end = is_behind && message->type == 'c';
        if (is_end && ends_left-- == 0) {
            return false;
        }
        if (is_behind && !is_end && message->type != 'd' && message->type != 'S') {
            return true;
        }
        is_behind = is_behind || message->owner == owner;
    }
    return false;
}

static void receive(struct model *m)
{
    if (m->from_server.count == 0) {
        return;
    }
    struct message message = m->from_server.messages[m->from_server.first++];
    m->from_server.count--;
    struct pg_reply entry = {.value = 0};
    enum pg_reply_verdict verdict = message.type == 'Z'
                                        ? pg_reply_feed_ready(&m->tracker, PG_READY_IDLE, &entry)
                                        : pg_reply_feed(&m->tracker, message.type, &entry);
    if (!pg_reply_is_sound(&m->tracker)) {
        m->is_over = true;
        return;
    }
    if (verdict == PG_REPLY_UNEXPECTED && message.type == 'G') {
        check(copy_is_broken(m, message.owner));
        m->is_over = true;
        return;
    }
    check(verdict == (message.owner == 0 ? PG_REPLY_ASYNC
                      : message.is_last  ? PG_REPLY_LAST
                                         : PG_REPLY_PART));
    check(entry.value == message.owner);
    m->num_opened += message.type == 'G';
    if (message.is_last) {
        m->num_opened = 0;
        tell(m, entry.value, FATE_ANSWERED);
    }
    settle(m);
}

static void send(struct model *m, uint8_t choice)
{
    struct pg_reply entry = {
        .kind = (enum pg_reply_kind)(choice % 9),
        .is_local = choice >= 9 * 12,
        .value = (uint64_t)m->num_requests + 1,
    };
    if (m->num_requests + 1 == MAX_MESSAGES) {
        m->is_over = true;
        return;
    }
    enum pg_reply_push pushed = pg_reply_push(&m->tracker, &entry);
    check(pushed != PG_REPLY_FULL);
    if (pushed == PG_REPLY_QUEUED) {
        m->num_requests++;
        uint8_t type = entry.is_local ? LOCAL : (uint8_t)kinds[entry.kind];
        m->is_over = !put(&m->to_server, type, m->num_requests, false);
        settle(m);
    }
}

static void send_data(struct model *m, bool is_end)
{
    if (is_end) {
        if (pg_reply_push_copy_end(&m->tracker) == PG_REPLY_QUEUED) {
            m->is_over = !put(&m->to_server, 'c', 0, false);
        }
        settle(m);
    } else if (pg_reply_wants_copy(&m->tracker)) {
        m->is_over = !put(&m->to_server, 'd', 0, false);
    }
}

static void step(struct model *m, uint8_t choice)
{
    switch (choice >> 6) {
    case 0:
        (void)server_step(m);
        break;
    case 1:
        receive(m);
        break;
    case 2:
        send(m, choice & 63);
        break;
    default:
        if (choice & 32) {
            send_data(m, choice & 1);
        } else {
            send(m, (choice & 31) + 9 * 12);
        }
        break;
    }
}

/* Everything has been said and has arrived: both sides' accounts are the same. */
static void compare(struct model *m)
{
    enum pg_ready ready;
    for (uint16_t i = 1; i <= m->num_requests; i++) {
        bool is_open = m->is_copying && i >= m->current.owner;
        check(m->fates[i] == FATE_NONE || m->fates[i] == FATE_SWALLOWED || is_open ||
              m->fates[i] == m->told[i]);
        check(m->fates[i] != FATE_SWALLOWED || m->told[i] == FATE_NONE);
    }
    check(m->is_copying || m->tracker.count == 0);
    check(!pg_reply_is_idle(&m->tracker, &ready) || !m->is_copying);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model m;
    memset(&m, 0, sizeof m);
    m.script = reader_over(slice_of(data, size));
    pg_reply_init(&m.tracker, PG_READY_IDLE);
    while (!m.is_over && reader_left(&m.script) > 0) {
        step(&m, reader_u8(&m.script));
    }
    while (!m.is_over && server_step(&m)) {
    }
    while (!m.is_over && m.from_server.count > 0) {
        receive(&m);
    }
    if (!m.is_over) {
        compare(&m);
    }
    pg_reply_fini(&m.tracker);
    return 0;
}
