/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM-SHA-256 with a client, over the verifier of its user or a made-up one. Checking a proof
 * takes three hashes, not a derivation: it delays nobody. */
#include <string.h>

#include <openssl/rand.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/backend_auth.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_auth.h"
#include "protocol/pg/scram_server.h"
#include "proxy/log.h"
#include "proxy/net/stream_tls.h"
#include "proxy/pg/nonce.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/service.h"
#include "proxy/pg/session_login.h"
#include "proxy/pg/session_parts.h"

/* The largest message of a client that logs in: its SCRAM messages are far smaller. */
#define LOGIN_MESSAGE_MAX ((size_t)4096)
#define OFFER_ROOM        ((size_t)64)
#define ANSWER_ROOM       ((size_t)SCRAM_MESSAGE_MAX + 64)

void session_offer_sasl(struct session *s, const struct scram_verifier *verifier)
{
    s->login->scram = mem_new(sizeof *s->login->scram);
    scram_server_init(s->login->scram, verifier);
    uint8_t end_point[SCRAM_END_POINT_MAX];
    bool has_binding = stream_server_end_point(&s->stream, end_point) > 0;
    const struct slice mechanisms[] = {slice_text(SCRAM_MECHANISM_PLUS),
                                       slice_text(SCRAM_MECHANISM)};
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, OFFER_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    pg_write_auth_sasl(&out.writer, has_binding ? mechanisms : mechanisms + 1, has_binding ? 2 : 1);
    check(outgoing_end(&out));
    session_enter(s, SESSION_SASL);
}

bool session_take_proof(struct session *s, struct pg_frame *out)
{
    switch (pg_frame_next(stream_input(&s->stream), PG_CLIENT, LOGIN_MESSAGE_MAX, out)) {
    case SCAN_MORE:
        return false;
    case SCAN_BAD:
        session_close(s, CLOSE_PROTOCOL);
        return false;
    case SCAN_DONE:
        break;
    }
    if (out->type != 'p') {
        session_close(s, out->type == 'X' ? CLOSE_TERMINATE : CLOSE_PROTOCOL);
        return false;
    }
    return true;
}

static bool write_data(struct session *s, enum pg_auth_code code)
{
    uint8_t memory[SCRAM_MESSAGE_MAX];
    struct writer w = writer_over(memory, sizeof memory);
    if (code == PG_AUTH_SASL_CONTINUE) {
        scram_server_write_first(s->login->scram, &w);
    } else {
        scram_server_write_final(s->login->scram, &w);
    }
    struct slice message;
    struct outgoing out;
    if (!writer_done(&w, &message) || !outgoing_begin(&out, &s->stream, ANSWER_ROOM)) {
        return false;
    }
    pg_write_auth_data(&out.writer, code, message);
    return outgoing_end(&out);
}

void session_refuse_proof(struct session *s, enum close_reason reason)
{
    log_event(LOG_SESSION_REFUSED, log_number("session", (int64_t)s->id),
              log_text("user", s->login->user), log_text("reason", close_label(reason)));
    session_close(s, reason);
}

static void fail(struct session *s, enum scram_status status)
{
    session_refuse_proof(s, status == SCRAM_REFUSED ? CLOSE_AUTH_FAILED : CLOSE_PROTOCOL);
}

/* False: it was not offered. */
static bool choose_mechanism(struct session *s, struct slice mechanism)
{
    uint8_t end_point[SCRAM_END_POINT_MAX];
    size_t len = stream_server_end_point(&s->stream, end_point);
    bool is_plus = slice_equal(mechanism, slice_text(SCRAM_MECHANISM_PLUS));
    if ((is_plus && len == 0) ||
        (!is_plus && !slice_equal(mechanism, slice_text(SCRAM_MECHANISM)))) {
        return false;
    }
    scram_server_bind(s->login->scram, slice_of(end_point, len), is_plus);
    return true;
}

void session_sasl_input(struct session *s)
{
    struct pg_frame frame;
    struct pg_sasl_initial initial;
    if (!session_take_proof(s, &frame)) {
        return;
    }
    if (pg_sasl_initial_decode(frame.body, &initial) != PG_OK || !initial.has_data ||
        !choose_mechanism(s, initial.mechanism)) {
        session_close(s, CLOSE_PROTOCOL);
        return;
    }
    char nonce[NONCE_TEXT_LEN];
    nonce_make(nonce);
    enum scram_status status =
        scram_server_read_first(s->login->scram, initial.data, slice_of(nonce, sizeof nonce));
    stream_consume(&s->stream, frame.whole.len);
    if (status != SCRAM_OK || !write_data(s, PG_AUTH_SASL_CONTINUE)) {
        fail(s, status);
        return;
    }
    session_enter(s, SESSION_PROOF);
}

void session_proof_input(struct session *s)
{
    struct pg_frame frame;
    if (!session_take_proof(s, &frame)) {
        return;
    }
    enum scram_status status = scram_server_read_final(s->login->scram, frame.body);
    stream_consume(&s->stream, frame.whole.len);
    if (status != SCRAM_OK || !write_data(s, PG_AUTH_SASL_FINAL)) {
        fail(s, status);
        return;
    }
    session_login_done(s);
}
