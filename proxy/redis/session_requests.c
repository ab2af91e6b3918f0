/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client asks, request by request. A request is consumed when it was sent or answered, and
 * stays in the input while something must be waited for; it is then looked at again from its
 * start. Nothing is sent on that redis_decide did not allow, and nothing before a login. */
#include <string.h>

#include "policy/config/config.h"
#include "policy/redis/command_reply.h"
#include "policy/redis/rewrite.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/redis/write.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/redis/link.h"
#include "proxy/redis/session_parts.h"

/* A server closes a connection that sends it more than its proto-max-bulk-len, 512 MiB by default,
 * and with it everyone's on a shared link: a key must fit with its prefix. */
#define SERVER_BULK_CAP   (((size_t)512 << 20) - 2 * REDIS_PREFIX_CAP)
#define ERROR_ANSWER_CAP  (REDIS_ERROR_CAP + 16)
#define REQUESTS_PER_TURN 1024U
#define BAD_LOGINS_CAP    10U /* in a row: guessing costs a connection each time */

static const char unavailable[] =
    "UNAVAILABLE the Redis server cannot be reached; the command was not sent";

/* Whether the request was dealt with. */
enum outcome {
    HANDLED, /* consume it */
    LATER,   /* it stays, until the session is woken */
    ENDED,   /* the session is closing */
};

static struct request_limits limits_of(const struct redis_session *s)
{
    const struct config_limits *limits = &snapshot_config(s->snapshot)->limits;
    if (s->state == REDIS_SESSION_LOGIN) {
        return (struct request_limits){.max_args = REQUEST_LOGIN_ARGS_CAP,
                                       .max_bulk_len = REQUEST_LOGIN_BULK_LEN_CAP,
                                       .max_total_len = REQUEST_LOGIN_TOTAL_LEN_CAP,
                                       .is_login = true};
    }
    size_t max_bulk_len =
        limits->redis_bulk_bytes < SERVER_BULK_CAP ? limits->redis_bulk_bytes : SERVER_BULK_CAP;
    return (struct request_limits){.max_args = limits->redis_args,
                                   .max_bulk_len = max_bulk_len,
                                   .max_total_len = redis_request_len_cap(limits)};
}

/* Answers from here come after the replies that are owed. */
static bool is_first_in_line(struct redis_session *s)
{
    if (s->num_owed > 0) {
        redis_session_hold_for_replies(s, 0);
        return false;
    }
    return true;
}

static enum outcome answer_error(struct redis_session *s, const char *error)
{
    if (!is_first_in_line(s)) {
        return LATER;
    }
    uint8_t memory[ERROR_ANSWER_CAP];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice answer;
    resp_write_error(&w, slice_text(error));
    check(writer_done(&w, &answer));
    redis_session_give(s, answer);
    return HANDLED;
}

static enum outcome refuse(struct redis_session *s, const struct redis_decision *decision)
{
    enum outcome outcome = answer_error(s, decision->error);
    if (outcome == HANDLED) {
        bool is_known = decision->id < REDIS_NUM_COMMANDS;
        metrics_add(s->metrics, METRIC_COMMANDS_REFUSED, 1);
        log_event(LOG_COMMAND_REFUSED, log_number("session", (int64_t)s->id),
                  log_text("command", is_known ? redis_command_of(decision->id)->name : "unknown"));
    }
    return outcome;
}

/* The link for the version the client speaks now. Sessions change links only between requests. */
static struct redis_link *link_of(struct redis_session *s)
{
    enum resp_version version = redis_client_version(&s->client);
    bool fits = s->link != NULL && redis_link_serves(s->link, s->listener->upstream, version);
    if (!fits && s->link != NULL && s->num_owed == 0) {
        redis_link_leave(s->link, s);
        s->link = NULL;
    }
    if (s->link == NULL) {
        s->link = redis_link_join(s->host, s->snapshot, s->listener->upstream, version);
    }
    return s->link;
}

/* Whether the link takes num_requests more. If not, the request waits or was answered with an
 * error, and *out says which. */
static bool link_takes(struct redis_session *s, struct redis_link *link, size_t num_requests,
                       enum outcome *out)
{
    switch (redis_link_ask(link, s, num_requests)) {
    case REDIS_LINK_TAKES:
        return true;
    case REDIS_LINK_WAIT:
        redis_session_hold(s, REDIS_WAIT_LINK);
        *out = LATER;
        return false;
    case REDIS_LINK_DOWN:
        break;
    }
    redis_transaction_drop(&s->transaction);
    *out = answer_error(s, unavailable);
    return false;
}

static enum outcome forward(struct redis_session *s, const struct request *request,
                            const struct redis_decision *decision)
{
    enum outcome outcome = HANDLED;
    if (s->num_owed >= REDIS_OWED_CAP) {
        redis_session_hold_for_replies(s, REDIS_OWED_CAP / 2);
        return LATER;
    }
    struct redis_link *link = link_of(s);
    if (!link_takes(s, link, 1, &outcome)) {
        return outcome;
    }
    size_t cap = redis_rewritten_cap(request, decision, &s->prefix);
    uint8_t *room = redis_link_reserve(link, cap);
    if (room == NULL) {
        return answer_error(s, unavailable);
    }
    struct writer w = writer_over(room, cap);
    redis_write_rewritten(&w, request, decision, &s->prefix);
    struct slice written;
    check(writer_done(&w, &written));
    redis_link_commit(link, written.len);
    redis_link_expect(link, s, decision->reply_rule);
    s->num_owed++;
    metrics_add(s->metrics, METRIC_COMMANDS_FORWARDED, 1);
    return HANDLED;
}

/* EXEC: the whole transaction in one piece. Only the last reply is the client's. */
static enum outcome send_transaction(struct redis_session *s)
{
    enum outcome outcome = HANDLED;
    struct redis_link *link = link_of(s);
    size_t num_early = redis_transaction_num_early(&s->transaction);
    if (!link_takes(s, link, num_early + 1, &outcome)) {
        return outcome;
    }
    size_t len = redis_transaction_len(&s->transaction);
    uint8_t *room = redis_link_reserve(link, len);
    if (room == NULL) {
        redis_transaction_drop(&s->transaction);
        return answer_error(s, unavailable);
    }
    struct writer w = writer_over(room, len);
    redis_transaction_write(&s->transaction, &w);
    struct slice written;
    check(writer_done(&w, &written));
    redis_link_commit(link, written.len);
    for (size_t i = 0; i < num_early; i++) {
        redis_link_expect(link, NULL, REDIS_REPLY_PLAIN);
    }
    redis_link_expect(link, s, REDIS_REPLY_TRANSACTION);
    s->num_owed++;
    metrics_add(s->metrics, METRIC_COMMANDS_FORWARDED, (int64_t)num_early - 1);
    redis_transaction_drop(&s->transaction);
    return HANDLED;
}

static bool is_for_transaction(const struct redis_session *s, enum redis_command_id id)
{
    bool ends_all = id == REDIS_QUIT || id == REDIS_RESET;
    return (redis_transaction_is_open(&s->transaction) && !ends_all) || id == REDIS_MULTI ||
           id == REDIS_EXEC || id == REDIS_DISCARD;
}

static enum outcome take_into_transaction(struct redis_session *s, const struct request *request,
                                          const struct redis_decision *decision)
{
    if (!is_first_in_line(s)) {
        return LATER;
    }
    uint8_t memory[ERROR_ANSWER_CAP];
    struct writer w = writer_over(memory, sizeof memory);
    if (redis_transaction_take(&s->transaction, request, decision, &s->prefix, &w)) {
        return send_transaction(s);
    }
    struct slice answer;
    check(writer_done(&w, &answer));
    redis_session_give(s, answer);
    return HANDLED;
}

/* Writes the answer to a connection command. */
static enum redis_local_next write_local(struct redis_session *s, const struct request *request,
                                         enum redis_command_id id, struct writer *w)
{
    struct redis_login login;
    if (redis_is_command_query(id)) {
        redis_write_command_reply(w, request, id, &s->host->scratch,
                                  redis_client_version(&s->client));
        return REDIS_LOCAL_DONE;
    }
    enum redis_local_next next = redis_client_answer(&s->client, request, id, w, &login);
    if (next == REDIS_LOCAL_LOGIN) {
        redis_session_log_in(s, &login, w);
        return s->num_bad_logins < BAD_LOGINS_CAP ? REDIS_LOCAL_DONE : REDIS_LOCAL_CLOSE;
    }
    return next;
}

static enum outcome answer_locally(struct redis_session *s, const struct request *request,
                                   enum redis_command_id id)
{
    if (!is_first_in_line(s)) {
        return LATER;
    }
    size_t cap = redis_is_command_query(id) ? redis_command_reply_cap(request)
                                            : redis_client_answer_cap(request, id);
    uint8_t *room = stream_reserve(&s->stream, cap);
    if (room == NULL) {
        redis_session_close(s, REDIS_CLOSE_CLIENT_SLOW);
        return ENDED;
    }
    struct writer w = writer_over(room, cap);
    enum redis_local_next next = write_local(s, request, id, &w);
    struct slice answer;
    check(writer_done(&w, &answer));
    stream_commit(&s->stream, answer.len);
    metrics_add(s->metrics, METRIC_COMMANDS_LOCAL, 1);
    switch (next) {
    case REDIS_LOCAL_DONE:
    case REDIS_LOCAL_LOGIN:
        return HANDLED;
    case REDIS_LOCAL_RESET:
        redis_session_log_out(s);
        return HANDLED;
    case REDIS_LOCAL_CLOSE:
        break;
    }
    redis_session_finish(s, id == REDIS_QUIT ? REDIS_CLOSE_QUIT : REDIS_CLOSE_LOGIN_FAILED);
    return ENDED;
}

static bool needs_no_login(const struct redis_decision *decision)
{
    return decision->verdict == REDIS_LOCAL &&
           (decision->id == REDIS_AUTH || decision->id == REDIS_HELLO ||
            decision->id == REDIS_QUIT || decision->id == REDIS_RESET ||
            decision->id == REDIS_PING);
}

static enum outcome take_request(struct redis_session *s, const struct request *request)
{
    struct redis_decision *decision = &s->host->decision;
    redis_decide(request, &s->host->scratch, decision);
    if (!needs_no_login(decision) && !redis_session_may_ask(s)) {
        return answer_error(s, "NOAUTH Authentication required.");
    }
    if (is_for_transaction(s, decision->id)) {
        return take_into_transaction(s, request, decision);
    }
    switch (decision->verdict) {
    case REDIS_FORWARD:
        return forward(s, request, decision);
    case REDIS_LOCAL:
        return answer_locally(s, request, decision->id);
    case REDIS_REFUSE:
        break;
    }
    return refuse(s, decision);
}

/* The bytes cannot become a request: says so, after the replies that are owed, and closes. */
static void fail_protocol(struct redis_session *s, const char *error)
{
    if (!is_first_in_line(s)) {
        return;
    }
    uint8_t memory[ERROR_ANSWER_CAP];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice answer;
    writer_bytes(&w, slice_text("-ERR Protocol error: "));
    writer_bytes(&w, slice_text(error));
    writer_bytes(&w, slice_text("\r\n"));
    check(writer_done(&w, &answer));
    redis_session_give(s, answer);
    metrics_add(metrics_worker(s->host->worker->metrics), METRIC_PROTOCOL_ERROR_REDIS, 1);
    log_event(LOG_SESSION_PROTOCOL_ERROR, log_number("session", (int64_t)s->id),
              log_text("reason", error));
    redis_session_finish(s, REDIS_CLOSE_PROTOCOL);
}

/* Handles one request of the input. False: no more now. */
static bool read_one(struct redis_session *s)
{
    const struct request_limits limits = limits_of(s);
    struct request request;
    struct slice input = stream_input(&s->stream);
    switch (request_scan(&s->scanner, input, &limits, &s->host->args, &request)) {
    case SCAN_MORE:
        return false;
    case SCAN_BAD:
        fail_protocol(s, request.error);
        return false;
    case SCAN_DONE:
        break;
    }
    size_t len = request.frame.len;
    enum outcome outcome = request.num_args == 0 ? HANDLED : take_request(s, &request);
    if (outcome != HANDLED) {
        return false;
    }
    metrics_add(s->metrics, METRIC_BYTES_RECEIVED, (int64_t)len);
    stream_consume(&s->stream, len);
    return true;
}

/* What one request counts in a turn. A password costs as much time as a thousand commands. */
static unsigned weight_of(const struct redis_session *s, uint32_t num_judged_before)
{
    return s->num_judged == num_judged_before ? 1 : REQUESTS_PER_TURN;
}

void redis_session_read(struct redis_session *s)
{
    unsigned spent = 0;
    while (s->wait == REDIS_WAIT_NONE &&
           (s->state == REDIS_SESSION_LOGIN || s->state == REDIS_SESSION_OPEN)) {
        if (stream_is_full(&s->stream)) {
            redis_session_hold(s, REDIS_WAIT_CLIENT);
            return;
        }
        if (spent >= REQUESTS_PER_TURN) {
            stream_pause(&s->stream);
            stream_resume(&s->stream); /* shows the rest in a later round */
            return;
        }
        uint32_t num_judged = s->num_judged;
        if (!read_one(s)) {
            return;
        }
        spent += weight_of(s, num_judged);
    }
}
