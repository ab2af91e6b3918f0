/* SPDX-License-Identifier: Apache-2.0
 *
 * The login's memory and its one deadline, which runs from accept to the first ReadyForQuery. */
#include "proxy/pg/session_login.h"

#include <stdlib.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/mem.h"
#include "protocol/pg/scram_server.h"
#include "proxy/net/owner.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session.h"
#include "proxy/pg/session_password.h"

static void on_deadline(struct deadline *d)
{
    struct session_login *login = owner_of(d, struct session_login, deadline);
    session_close(login->session, CLOSE_LOGIN_TIMEOUT);
}

struct session_login *session_login_new(struct session *s, const struct incoming *incoming)
{
    struct worker *worker = s->pg->worker;
    struct session_login *login = mem_new(sizeof *login);
    login->session = s;
    login->snapshot = snapshot_ref(incoming->snapshot);
    login->listener = incoming->listener;
    login->target = incoming->listener->target;
    login->peer = incoming->peer;
    login->since_us = worker->now_us;
    int64_t limit_us = snapshot_config(login->snapshot)->limits.login_timeout_us;
    deadline_init(&login->deadline, on_deadline);
    deadline_arm(worker, &login->deadline, worker->now_us + limit_us);
    return login;
}

void session_login_free(struct session_login **login)
{
    struct session_login *l = *login;
    *login = NULL;
    if (l == NULL) {
        return;
    }
    deadline_disarm(&l->deadline);
    auth_query_leave(&l->waiter);
    snapshot_unref(&l->snapshot);
    settings_wish_fini(&l->wish);
    session_password_free(&l->password);
    if (l->scram != NULL) {
        scram_server_fini(l->scram);
        free(l->scram);
    }
    free(l->failure_name);
    free(l->tenant_option);
    free(l->user);
    free(l);
}

void session_login_fails(struct session_login *login, enum close_reason reason)
{
    if (!login->has_failure) {
        login->has_failure = true;
        login->failure = reason;
    }
}

void session_login_tell_policies(struct session_login *login)
{
    const struct config_row *row = &snapshot_config(login->snapshot)->row;
    if (!login->listener->upstream->is_passthrough && row->enforce != ENFORCE_REWRITE) {
        settings_wish_add_own(&login->wish, row->setting, login->tenant);
    }
}
