/* SPDX-License-Identifier: Apache-2.0
 *
 * A password is checked by one of the worker's threads, because it costs a derivation of keys: as
 * many iterations as its verifier says, for users there are none of too. Until then the client is
 * not read. The check owns all it needs, so that it may outlive the session. md5 takes no time and
 * is compared here. */
#include "proxy/pg/session_password.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "policy/config/password.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/auth_md5.h"
#include "protocol/pg/backend_auth.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_auth.h"
#include "protocol/pg/scram_verifier.h"
#include "proxy/log.h"
#include "proxy/net/chores.h"
#include "proxy/net/owner.h"
#include "proxy/net/stream_tls.h"
#include "proxy/net/worker.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/service.h"
#include "proxy/pg/session_login.h"
#include "proxy/pg/session_parts.h"

#define REQUEST_ROOM ((size_t)32)

struct password_check {
    struct chore chore;
    struct session_password *asked_by; /* borrows; NULL: gone */
    struct scram_verifier verifier;
    char *password; /* owns */
    bool is_right;
};

struct session_password {
    struct session *session;        /* borrows */
    struct password_check *check;   /* borrows; NULL: none is under way */
    struct scram_verifier verifier; /* of a password */
    bool is_md5;
    bool has_md5;                /* false: no answer is right */
    char expected[AUTH_MD5_LEN]; /* of md5 */
};

static struct session_password *password_new(struct session *s)
{
    check(s->login->password == NULL);
    s->login->password = mem_new(sizeof *s->login->password);
    s->login->password->session = s;
    return s->login->password;
}

static void free_check(struct password_check *c)
{
    password_free(&c->password);
    scram_cleanse(c, sizeof *c);
    free(c);
}

void session_password_free(struct session_password **password)
{
    struct session_password *p = *password;
    *password = NULL;
    if (p == NULL) {
        return;
    }
    if (p->check != NULL) {
        p->check->asked_by = NULL;
        if (chores_drop(p->session->pg->worker->chores, &p->check->chore)) {
            free_check(p->check); /* who left must not hold up who waits */
        }
    }
    OPENSSL_cleanse(p, sizeof *p);
    free(p);
}

static void ask(struct session *s, enum pg_auth_code code, struct slice data)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, REQUEST_ROOM)) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    pg_write_auth_data(&out.writer, code, data);
    check(outgoing_end(&out));
    session_enter(s, SESSION_PASSWORD);
}

void session_ask_password(struct session *s, const struct scram_verifier *verifier)
{
    check(stream_is_encrypted(&s->stream));
    password_new(s)->verifier = *verifier;
    ask(s, PG_AUTH_CLEARTEXT, slice_of(NULL, 0));
}

/* The stored md5 of the login's user; a made-up one, and *out_is_real false, if there is none. */
static struct slice stored_md5(const struct session *s, struct scram_verifier *mock,
                               bool *out_is_real)
{
    const struct session_login *login = s->login;
    const struct users *users = snapshot_users(login->snapshot, login->listener);
    struct slice name = slice_text(login->user);
    const struct user_secret *secret = users == NULL ? NULL : users_find(users, name);
    scram_verifier_mock(pg_service_mock_secret(s->pg->service), name, mock);
    *out_is_real = secret != NULL && secret->kind == USER_SECRET_MD5;
    return *out_is_real ? slice_of(secret->md5, sizeof secret->md5)
                        : slice_of(mock->stored_key, sizeof mock->stored_key);
}

void session_ask_md5(struct session *s)
{
    struct session_password *p = password_new(s);
    struct scram_verifier mock;
    uint8_t salt[PG_MD5_SALT_LEN];
    p->is_md5 = true;
    check(RAND_bytes(salt, sizeof salt) == 1);
    struct slice stored = stored_md5(s, &mock, &p->has_md5);
    bool can_hash = auth_md5_answer_stored(stored, slice_of(salt, sizeof salt), p->expected);
    scram_cleanse(&mock, sizeof mock);
    if (can_hash) {
        ask(s, PG_AUTH_MD5, slice_of(salt, sizeof salt));
    } else {
        session_refuse_proof(s, CLOSE_AUTH_UNAVAILABLE);
    }
}

static bool is_right_md5(const struct session_password *p, struct slice answer)
{
    return answer.len == sizeof p->expected &&
           CRYPTO_memcmp(answer.ptr, p->expected, sizeof p->expected) == 0 && p->has_md5;
}

static void finish(struct session *s, bool is_right)
{
    if (is_right) {
        session_login_done(s);
    } else {
        session_refuse_proof(s, CLOSE_AUTH_FAILED);
    }
}

/* On another thread. An empty password is never right, and takes as long. */
static void work(struct chore *chore)
{
    struct password_check *c = owner_of(chore, struct password_check, chore);
    c->is_right =
        scram_verifier_matches(&c->verifier, slice_text(c->password)) && c->password[0] != '\0';
}

static void done(struct chore *chore)
{
    struct password_check *c = owner_of(chore, struct password_check, chore);
    struct session_password *p = c->asked_by;
    bool was_worked = chore->was_worked;
    bool is_right = was_worked && c->is_right;
    free_check(c);
    if (p == NULL) {
        return;
    }
    p->check = NULL;
    struct session *s = p->session;
    check(s->state == SESSION_CHECKING);
    if (was_worked) {
        finish(s, is_right);
    } else {
        session_refuse_proof(s, CLOSE_AUTH_UNAVAILABLE);
    }
}

static void begin_check(struct session *s, struct slice password)
{
    struct session_password *p = s->login->password;
    struct password_check *c = mem_new(sizeof *c);
    c->chore.work = work;
    c->chore.done = done;
    c->verifier = p->verifier;
    c->password = mem_copy_string((const char *)password.ptr, password.len);
    if (!chores_add(s->pg->worker->chores, &c->chore)) {
        free_check(c);
        session_refuse_proof(s, CLOSE_AUTH_UNAVAILABLE);
        return;
    }
    c->asked_by = p;
    p->check = c;
    session_enter(s, SESSION_CHECKING);
    stream_pause(&s->stream);
}

void session_password_input(struct session *s)
{
    struct pg_frame frame;
    struct slice answer;
    if (!session_take_proof(s, &frame)) {
        return;
    }
    if (pg_password_decode(frame.body, &answer) != PG_OK) {
        session_close(s, CLOSE_PROTOCOL);
        return;
    }
    const struct session_password *p = s->login->password;
    if (p->is_md5) {
        bool is_right = is_right_md5(p, answer);
        stream_consume_secret(&s->stream, frame.whole.len);
        finish(s, is_right);
        return;
    }
    begin_check(s, answer);
    if (s->state == SESSION_CHECKING) {
        stream_consume_secret(&s->stream, frame.whole.len);
    }
}
