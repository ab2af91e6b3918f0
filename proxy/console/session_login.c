/* SPDX-License-Identifier: Apache-2.0
 *
 * The login: always SCRAM-SHA-256, whoever asks. A user that is in neither file goes the same way
 * with a made-up verifier. Encryption is answered N: the address is a local one. */
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/backend_auth.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_auth.h"
#include "protocol/pg/message_login.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/scram_server.h"
#include "protocol/pg/startup.h"
#include "proxy/console/session.h"
#include "proxy/log.h"
#include "proxy/pg/nonce.h"
#include "proxy/pg/outgoing.h"

#define LOGIN_MESSAGE_MAX ((size_t)4096)
#define NEGOTIATE_MAX     ((size_t)16)
#define ROOM              ((size_t)SCRAM_MESSAGE_MAX + 1024)
#define WRONG_PASSWORD    "password authentication failed"
#define WRONG_MESSAGE     "invalid or unexpected protocol message"

static void protocol_error(struct console_session *s)
{
    console_session_fail(s, "08P01", WRONG_MESSAGE);
}

static void find_verifier(const struct console_session *s, struct scram_verifier *out)
{
    const struct console_host *host = &s->console->host;
    struct slice name = slice_text(s->user);
    enum config_right right = CONFIG_RIGHT_READ;
    const struct user_secret *secret = NULL;
    if (console_session_right(s, &right)) {
        secret = users_find(snapshot_console_users(host->snapshot(host->context), right), name);
    }
    if (secret == NULL || secret->kind != USER_SECRET_SCRAM_SHA_256) {
        scram_verifier_mock(slice_of(s->console->mock_secret, sizeof s->console->mock_secret), name,
                            out);
        return;
    }
    *out = (struct scram_verifier){.iterations = secret->iterations, .salt_len = secret->salt_len};
    check(secret->salt_len <= sizeof out->salt);
    memcpy(out->salt, secret->salt, secret->salt_len);
    memcpy(out->stored_key, secret->stored_key, sizeof out->stored_key);
    memcpy(out->server_key, secret->server_key, sizeof out->server_key);
}

/* Says which version is spoken to whom asks for a newer one, or for options. */
static void write_negotiate(struct writer *w, const struct pg_startup *startup)
{
    struct slice unknown[NEGOTIATE_MAX];
    size_t num_unknown = 0;
    struct slice settings = startup->settings;
    struct pg_setting setting;
    while (num_unknown < NEGOTIATE_MAX && pg_setting_next(&settings, &setting)) {
        if (setting.name.len > 5 && setting.name.len <= CONSOLE_NAME_MAX &&
            memcmp(setting.name.ptr, "_pq_.", 5) == 0) {
            unknown[num_unknown++] = setting.name;
        }
    }
    if (startup->minor != 0 || num_unknown > 0) {
        pg_write_negotiate(w, PG_VERSION_3_0, unknown, num_unknown);
    }
}

static void begin(struct console_session *s, const struct pg_startup *startup, size_t packet_len)
{
    const struct slice mechanisms[] = {slice_text(SCRAM_MECHANISM)};
    struct scram_verifier verifier;
    struct outgoing out;
    if (startup->user.len > CONSOLE_USER_MAX || !outgoing_begin(&out, &s->stream, ROOM)) {
        protocol_error(s);
        return;
    }
    memcpy(s->user, startup->user.ptr, startup->user.len);
    s->is_other_database = !slice_equal(startup->database, slice_text("ringfence")) &&
                           !slice_equal(startup->database, slice_text("pgbouncer"));
    find_verifier(s, &verifier);
    s->scram = mem_new(sizeof *s->scram);
    scram_server_init(s->scram, &verifier);
    explicit_bzero(&verifier, sizeof verifier);
    write_negotiate(&out.writer, startup);
    pg_write_auth_sasl(&out.writer, mechanisms, 1);
    check(outgoing_end(&out));
    stream_consume(&s->stream, packet_len);
    s->state = CONSOLE_SASL;
}

static void refuse_encryption(struct console_session *s, bool *asked, size_t packet_len)
{
    if (*asked || stream_input(&s->stream).len > packet_len) {
        protocol_error(s);
        return;
    }
    *asked = true;
    stream_consume(&s->stream, packet_len);
    if (!stream_write(&s->stream, slice_text("N"))) {
        console_session_close(s);
    }
}

void console_session_startup(struct console_session *s)
{
    struct slice body;
    struct pg_startup startup;
    enum scan_status status = pg_frame_startup(stream_input(&s->stream), &body);
    if (status == SCAN_MORE) {
        return;
    }
    if (status == SCAN_BAD || pg_startup_decode(body, &startup) != PG_OK) {
        protocol_error(s);
        return;
    }
    switch (startup.kind) {
    case PG_STARTUP_SSL:
        refuse_encryption(s, &s->asked_ssl, body.len + 4);
        return;
    case PG_STARTUP_GSSENC:
        refuse_encryption(s, &s->asked_gss, body.len + 4);
        return;
    case PG_STARTUP_CANCEL: /* nothing here takes so long */
        console_session_close(s);
        return;
    case PG_STARTUP_OTHER_VERSION:
        console_session_fail(s, "0A000", "unsupported frontend protocol: only version 3 is spoken");
        return;
    case PG_STARTUP_SESSION:
        begin(s, &startup, body.len + 4);
        return;
    }
}

/* The next message of authentication; false: none yet, or the end. */
static bool take_message(struct console_session *s, struct pg_frame *out)
{
    enum scan_status status =
        pg_frame_next(stream_input(&s->stream), PG_CLIENT, LOGIN_MESSAGE_MAX, out);
    if (status == SCAN_BAD || (status == SCAN_DONE && out->type != 'p' && out->type != 'X')) {
        protocol_error(s);
    } else if (status == SCAN_DONE && out->type == 'X') {
        console_session_close(s);
    }
    return status == SCAN_DONE && out->type == 'p';
}

static void write_data(const struct console_session *s, struct writer *w, enum pg_auth_code code)
{
    uint8_t memory[SCRAM_MESSAGE_MAX];
    struct writer text = writer_over(memory, sizeof memory);
    struct slice message;
    if (code == PG_AUTH_SASL_CONTINUE) {
        scram_server_write_first(s->scram, &text);
    } else {
        scram_server_write_final(s->scram, &text);
    }
    if (writer_done(&text, &message)) {
        pg_write_auth_data(w, code, message);
    } else {
        writer_fail(w);
    }
}

void console_session_sasl(struct console_session *s)
{
    struct pg_frame frame;
    struct pg_sasl_initial initial;
    struct outgoing out;
    char nonce[NONCE_TEXT_LEN];
    if (!take_message(s, &frame)) {
        return;
    }
    nonce_make(nonce);
    if (pg_sasl_initial_decode(frame.body, &initial) != PG_OK || !initial.has_data ||
        !slice_equal(initial.mechanism, slice_text(SCRAM_MECHANISM)) ||
        scram_server_read_first(s->scram, initial.data, slice_of(nonce, sizeof nonce)) !=
            SCRAM_OK ||
        !outgoing_begin(&out, &s->stream, ROOM)) {
        protocol_error(s);
        return;
    }
    stream_consume(&s->stream, frame.whole.len);
    write_data(s, &out.writer, PG_AUTH_SASL_CONTINUE);
    check(outgoing_end(&out));
    s->state = CONSOLE_PROOF;
}

/* What clients want to know of a server; the version is what libpq reads as a number. */
static void write_greeting(struct writer *w)
{
    static const char *const parameters[][2] = {
        {"server_version", RF_VERSION "/ringfence"},
        {"server_encoding", "UTF8"},
        {"client_encoding", "UTF8"},
        {"DateStyle", "ISO, MDY"},
        {"TimeZone", "UTC"},
        {"integer_datetimes", "on"},
        {"standard_conforming_strings", "on"},
    };
    uint8_t key[4];
    check(RAND_bytes(key, sizeof key) == 1);
    pg_write_auth(w, PG_AUTH_OK);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        pg_write_parameter_status(w, slice_text(parameters[i][0]), slice_text(parameters[i][1]));
    }
    pg_write_key_data(w, 0, slice_of(key, sizeof key));
    pg_write_ready(w, PG_READY_IDLE);
}

static void log_in(struct console_session *s)
{
    struct outgoing out;
    enum config_right right = CONFIG_RIGHT_READ;
    if (s->is_other_database) {
        console_session_fail(s, "3D000", "the console's databases are ringfence and pgbouncer");
        return;
    }
    if (!console_session_right(s, &right) || !outgoing_begin(&out, &s->stream, ROOM)) {
        console_session_fail(s, "28P01", WRONG_PASSWORD);
        return;
    }
    write_data(s, &out.writer, PG_AUTH_SASL_FINAL);
    write_greeting(&out.writer);
    check(outgoing_end(&out));
    scram_server_fini(s->scram);
    free(s->scram);
    s->scram = NULL;
    deadline_disarm(&s->login);
    s->state = CONSOLE_READY;
    log_event(LOG_CONSOLE_LOGIN, log_number("console", (int64_t)s->id), log_text("user", s->user),
              log_text("right", right == CONFIG_RIGHT_WRITE ? "write" : "read"));
}

void console_session_proof(struct console_session *s)
{
    struct pg_frame frame;
    if (!take_message(s, &frame)) {
        return;
    }
    enum scram_status status = scram_server_read_final(s->scram, frame.body);
    stream_consume(&s->stream, frame.whole.len);
    if (status == SCRAM_OK) {
        log_in(s);
    } else if (status == SCRAM_REFUSED) {
        console_session_fail(s, "28P01", WRONG_PASSWORD);
    } else {
        protocol_error(s);
    }
}
