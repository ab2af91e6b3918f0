/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the verifier of a login comes from: the listener's file, else the database that it asks,
 * else it is made up. Who is in neither, or must not log in, goes the same way as everybody, over
 * a verifier that is the same for the same name, and fails at its end like a wrong password. While
 * the database is asked the client is not read; its login's deadline runs on. */
#include <string.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/pg/scram_keys.h"
#include "protocol/pg/scram_verifier.h"
#include "proxy/net/owner.h"
#include "proxy/net/stream.h"
#include "proxy/pg/auth_query.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/service.h"
#include "proxy/pg/session_login.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_password.h"

static void verifier_of(const struct user_secret *secret, struct scram_verifier *out)
{
    *out = (struct scram_verifier){.iterations = secret->iterations, .salt_len = secret->salt_len};
    check(secret->salt_len <= sizeof out->salt);
    memcpy(out->salt, secret->salt, secret->salt_len);
    memcpy(out->stored_key, secret->stored_key, sizeof out->stored_key);
    memcpy(out->server_key, secret->server_key, sizeof out->server_key);
}

/* LATER: the file does not have the user, and a database may. Of one that it has none is asked. */
static enum auth_found find_in_file(const struct session_login *login, struct scram_verifier *out)
{
    const struct users *users = snapshot_users(login->snapshot, login->listener);
    struct slice name = slice_text(login->user);
    const struct user_secret *secret = users == NULL ? NULL : users_find(users, name);
    if (secret == NULL) {
        return login->listener->query != NULL ? AUTH_FOUND_LATER : AUTH_FOUND_NOBODY;
    }
    if (secret->kind != USER_SECRET_SCRAM_SHA_256) {
        return AUTH_FOUND_NOBODY;
    }
    verifier_of(secret, out);
    return AUTH_FOUND_USER;
}

static void offer(struct session *s, const struct scram_verifier *verifier)
{
    if (s->login->listener->auth == CONFIG_AUTH_PASSWORD) {
        session_ask_password(s, verifier);
    } else {
        session_offer_sasl(s, verifier);
    }
}

/* All but LATER; verifier is a USER's. */
static void go_on(struct session *s, enum auth_found found, const struct scram_verifier *verifier)
{
    struct scram_verifier mock;
    if (found == AUTH_FOUND_FAILED) {
        session_refuse_proof(s, CLOSE_AUTH_UNAVAILABLE);
        return;
    }
    if (found == AUTH_FOUND_USER) {
        offer(s, verifier);
        return;
    }
    check(found == AUTH_FOUND_NOBODY);
    scram_verifier_mock(pg_service_mock_secret(s->pg->service), slice_text(s->login->user), &mock);
    offer(s, &mock);
    scram_cleanse(&mock, sizeof mock);
}

static void on_told(struct auth_waiter *waiter, enum auth_found found,
                    const struct scram_verifier *verifier)
{
    struct session *s = owner_of(waiter, struct session_login, waiter)->session;
    check(s->state == SESSION_VERIFIER);
    go_on(s, found, verifier);
    if (s->state == SESSION_SASL || s->state == SESSION_PASSWORD) {
        stream_resume(&s->stream);
    }
}

void session_find_verifier(struct session *s)
{
    struct session_login *login = s->login;
    struct scram_verifier verifier = {.iterations = 0};
    enum auth_found found = find_in_file(login, &verifier);
    if (found == AUTH_FOUND_LATER) {
        login->waiter = (struct auth_waiter){.told = on_told, .user = login->user};
        found = auth_query_find(s->pg, login->snapshot, login->listener, &login->waiter, &verifier);
    }
    if (found == AUTH_FOUND_LATER) {
        session_enter(s, SESSION_VERIFIER);
        stream_pause(&s->stream);
    } else {
        go_on(s, found, &verifier);
    }
    scram_cleanse(&verifier, sizeof verifier);
}
