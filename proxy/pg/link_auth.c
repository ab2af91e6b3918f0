/* SPDX-License-Identifier: Apache-2.0
 *
 * Accepts trust, md5 and SCRAM-SHA-256, and a password in clear text over TLS only. A server that
 * began SCRAM must finish it: an AuthenticationOk without its signature ends the link. Owns the
 * password and wipes it. The worker's thread. */
#include "proxy/pg/link_auth.h"

#include <string.h>

#include "policy/config/config.h"
#include "policy/config/password.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/backend_auth.h"
#include "protocol/pg/message_login.h"
#include "proxy/log.h"
#include "proxy/net/owner.h"
#include "proxy/net/stream_tls.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_keys.h"
#include "proxy/pg/md5_password.h"
#include "proxy/pg/nonce.h"
#include "proxy/pg/outgoing.h"

#define PACKET_ROOM  ((size_t)256) /* beside the values */
#define NOT_BOUND    "the server asks for less than channel binding, which is required"
#define OUT_OF_ORDER "the server sent SCRAM messages out of order"

/* The file as it is now: a password that was changed counts without a reload. A file that cannot
 * be used, as in the middle of a change, leaves the password of the last load in force. */
static char *current_password(const struct config_upstream *upstream)
{
    struct config_file file = {0};
    char reason[128] = "expected one line";
    char *password = NULL;
    if (upstream->password_file == NULL) {
        return NULL;
    }
    if (config_read_file(NULL, upstream->password_file, PASSWORD_FILE_MAX, &file, reason,
                         sizeof reason)) {
        password = password_of_file(&file);
    }
    config_file_fini(&file);
    if (password == NULL) {
        log_event(LOG_PASSWORD_KEPT, log_text("upstream", upstream->name),
                  log_text("file", upstream->password_file), log_text("error", reason));
        password = mem_copy_string(upstream->password, strlen(upstream->password));
    }
    return password;
}

static struct slice password_of(const struct link_auth *auth)
{
    const char *password = auth->password;
    return password == NULL ? slice_of(NULL, 0) : slice_text(password);
}

static const char *send_md5(struct link_auth *auth, struct slice salt)
{
    char answer[MD5_ANSWER_LEN];
    struct outgoing out;
    struct slice user = slice_text(auth->link->target->upstream->user);
    if (!md5_password(user, password_of(auth), salt, answer)) {
        return "the server asks for md5, which this system's OpenSSL does not have";
    }
    if (!outgoing_begin(&out, &auth->link->stream, PACKET_ROOM)) {
        return "out of memory";
    }
    pg_write_password(&out.writer, slice_of(answer, sizeof answer));
    return outgoing_end(&out) ? NULL : "out of memory";
}

/* Only over TLS, where the server has the key of a certificate; whether it is the right one is for
 * tls.mode to say. */
static const char *send_clear_text(struct link_auth *auth)
{
    struct outgoing out;
    struct slice password = password_of(auth);
    if (!outgoing_begin(&out, &auth->link->stream, PACKET_ROOM + password.len)) {
        return "out of memory";
    }
    pg_write_password(&out.writer, password);
    return outgoing_end(&out) ? NULL : "the password cannot stand in a message";
}

static bool offers(struct slice mechanisms, const char *wanted)
{
    struct slice name;
    bool is_offered = false;
    while (pg_mechanism_next(&mechanisms, &name)) {
        is_offered = is_offered || slice_equal(name, slice_text(wanted));
    }
    return is_offered;
}

static enum config_channel_binding binding_of(const struct link_auth *auth)
{
    return auth->link->target->upstream->tls.channel_binding;
}

/* Whether the server may say this: where binding is required nothing else is answered, nor is a
 * login good that came without its proof. SASL is looked at when its mechanisms are known. */
static bool is_bound_enough(const struct link_auth *auth, enum pg_auth_code code)
{
    bool is_sasl =
        code == PG_AUTH_SASL || code == PG_AUTH_SASL_CONTINUE || code == PG_AUTH_SASL_FINAL;
    return binding_of(auth) != CONFIG_CHANNEL_BINDING_REQUIRE || is_sasl ||
           (code == PG_AUTH_OK && auth->is_bound && auth->scram_state == LINK_SCRAM_SERVER_PROVED);
}

static const char *begin_scram(struct link_auth *auth, struct slice mechanisms)
{
    uint8_t end_point[SCRAM_END_POINT_MAX];
    size_t end_point_len = binding_of(auth) == CONFIG_CHANNEL_BINDING_DISABLE
                               ? 0
                               : stream_server_end_point(&auth->link->stream, end_point);
    bool is_bound = end_point_len > 0 && offers(mechanisms, SCRAM_MECHANISM_PLUS);
    if (!is_bound && binding_of(auth) == CONFIG_CHANNEL_BINDING_REQUIRE) {
        return NOT_BOUND;
    }
    if (!is_bound && !offers(mechanisms, "SCRAM-SHA-256")) {
        return "the server offers no SASL mechanism that is spoken here";
    }
    if (auth->scram_state != LINK_SCRAM_NONE) {
        return "the server began SCRAM twice";
    }
    auth->is_bound = is_bound;
    char nonce[NONCE_TEXT_LEN];
    nonce_make(nonce);
    auth->scram_state = LINK_SCRAM_FIRST_SENT;
    scram_client_init(&auth->scram, slice_of(NULL, 0), slice_of(nonce, sizeof nonce));
    if (end_point_len > 0) {
        scram_client_bind(&auth->scram, slice_of(end_point, end_point_len), is_bound);
    }
    uint8_t memory[SCRAM_MESSAGE_MAX];
    struct writer w = writer_over(memory, sizeof memory);
    scram_client_write_first(&auth->scram, &w);
    struct slice message;
    struct outgoing out;
    if (!writer_done(&w, &message) ||
        !outgoing_begin(&out, &auth->link->stream, PACKET_ROOM + message.len)) {
        return "out of memory";
    }
    pg_write_sasl_initial(&out.writer,
                          slice_text(is_bound ? SCRAM_MECHANISM_PLUS : "SCRAM-SHA-256"), message);
    return outgoing_end(&out) ? NULL : "out of memory";
}

static const char *send_proof(struct link_auth *auth, const struct scram_keys *keys)
{
    uint8_t memory[SCRAM_MESSAGE_MAX];
    struct writer w = writer_over(memory, sizeof memory);
    scram_client_write_final(&auth->scram, keys, &w);
    auth->scram_state = LINK_SCRAM_PROOF_SENT;
    struct slice message;
    struct outgoing out;
    if (!writer_done(&w, &message) ||
        !outgoing_begin(&out, &auth->link->stream, PACKET_ROOM + message.len)) {
        return "out of memory";
    }
    pg_write_sasl_response(&out.writer, message);
    return outgoing_end(&out) ? NULL : "out of memory";
}

static void on_keys(struct link_keys_wish *wish, const struct scram_keys *keys)
{
    struct link_auth *auth = owner_of(wish, struct link_auth, wish);
    check(auth->scram_state == LINK_SCRAM_DERIVING && auth->link->state == LINK_LOGIN);
    const char *wrong = keys == NULL ? "the proxy is stopping" : send_proof(auth, keys);
    if (wrong != NULL) {
        link_fail(auth->link, wrong);
    }
}

/* The derivation takes milliseconds, or many more if the server wants it so. */
static const char *derive_keys(struct link_auth *auth, const struct scram_challenge *challenge)
{
    struct scram_keys keys;
    const char *wrong = NULL;
    auth->scram_state = LINK_SCRAM_DERIVING;
    auth->wish.ready = on_keys;
    switch (
        link_keys_get(auth->link->target->keys, password_of(auth), challenge, &auth->wish, &keys)) {
    case LINK_KEYS_NOW:
        wrong = send_proof(auth, &keys);
        scram_cleanse(&keys, sizeof keys);
        return wrong;
    case LINK_KEYS_LATER:
        return NULL;
    case LINK_KEYS_BUSY:
        break;
    }
    return "too many logins to servers wait for their keys";
}

static const char *go_on_scram(struct link_auth *auth, struct slice data)
{
    struct scram_challenge challenge;
    if (auth->scram_state != LINK_SCRAM_FIRST_SENT) {
        return OUT_OF_ORDER;
    }
    switch (scram_client_read_first(&auth->scram, data, &challenge)) {
    case SCRAM_OK:
        return derive_keys(auth, &challenge);
    case SCRAM_TOO_COSTLY:
        return "the server asks for too many SCRAM iterations";
    case SCRAM_MALFORMED:
    case SCRAM_REFUSED:
        break;
    }
    return "the server's SCRAM message is malformed";
}

static const char *end_scram(struct link_auth *auth, struct slice data)
{
    if (auth->scram_state != LINK_SCRAM_PROOF_SENT) {
        return OUT_OF_ORDER;
    }
    if (scram_client_read_final(&auth->scram, data) != SCRAM_OK) {
        return "the server does not know the password's verifier";
    }
    auth->scram_state = LINK_SCRAM_SERVER_PROVED;
    return NULL;
}

void link_auth_begin(struct link_auth *auth, struct link *link)
{
    auth->link = link;
    password_free(&auth->password);
    auth->password = current_password(link->target->upstream);
}

void link_auth_fini(struct link_auth *auth)
{
    link_keys_give_up(&auth->wish);
    scram_client_fini(&auth->scram);
    password_free(&auth->password);
}

const char *link_auth_take(struct link_auth *auth, struct slice body)
{
    struct pg_auth asked;
    if (auth->scram_state == LINK_SCRAM_DERIVING) {
        return OUT_OF_ORDER;
    }
    if (auth->is_done || pg_auth_decode(body, &asked) != PG_OK) {
        return "malformed authentication message";
    }
    if (!is_bound_enough(auth, asked.code)) {
        return NOT_BOUND;
    }
    switch (asked.code) {
    case PG_AUTH_OK:
        auth->is_done = true;
        return auth->scram_state != LINK_SCRAM_NONE && auth->scram_state != LINK_SCRAM_SERVER_PROVED
                   ? "the server did not finish SCRAM"
                   : NULL;
    case PG_AUTH_MD5:
        return send_md5(auth, asked.data);
    case PG_AUTH_SASL:
        return begin_scram(auth, asked.data);
    case PG_AUTH_SASL_CONTINUE:
        return go_on_scram(auth, asked.data);
    case PG_AUTH_SASL_FINAL:
        return end_scram(auth, asked.data);
    case PG_AUTH_CLEARTEXT:
        return stream_is_encrypted(&auth->link->stream)
                   ? send_clear_text(auth)
                   : "the server asks for the password in clear text on a connection that is not "
                     "encrypted";
    case PG_AUTH_OTHER:
        break;
    }
    return "the server asks for an authentication that is not spoken here";
}
