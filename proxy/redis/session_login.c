/* SPDX-License-Identifier: Apache-2.0
 *
 * Logins of Redis sessions. The first one binds the connection to a tenant, for good: requests of
 * it may still be on their way, and its name stands in the log. Logging in again as the same
 * tenant is fine, as another one is refused. */
#include <string.h>

#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/redis/login.h"
#include "proxy/redis/session_parts.h"

static const char wrong_pass[] = "WRONGPASS invalid username-password pair or user is disabled.";
static const char no_auth_hello[] =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
    "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
    "protocol version at the same time";

static void note_refusal(const struct redis_session *s, struct slice user, const char *reason)
{
    metrics_add(metrics_worker(s->host->worker->metrics), METRIC_LOGIN_REFUSED_REDIS, 1);
    log_event(LOG_SESSION_REFUSED, log_number("session", (int64_t)s->id), log_slice("user", user),
              log_text("reason", reason));
}

/* Makes s the tenant's. False if the configured prefix cannot keep tenants apart. */
static bool become_of(struct redis_session *s, const struct config_tenant *tenant)
{
    const struct config *config = snapshot_config(s->snapshot);
    if (!config->redis.is_set ||
        !redis_prefix_init(&s->prefix, slice_text(config->redis.prefix), slice_text(tenant->id))) {
        return false;
    }
    s->tenant = tenant;
    s->metrics = metrics_tenant(s->host->worker->metrics, slice_text(tenant->id));
    metrics_add(s->metrics, METRIC_SESSIONS_REDIS, 1);
    metrics_observe(s->host->worker->metrics, METRIC_LOGIN_DURATION,
                    s->host->worker->now_us - s->opened_us);
    log_event(LOG_SESSION_LOGIN, log_number("session", (int64_t)s->id),
              log_text("tenant", tenant->id));
    return true;
}

/* The tenant was identified: NULL, or why the session cannot be its. */
static const char *admit(struct redis_session *s, const struct config_tenant *tenant)
{
    if (s->tenant == NULL && !become_of(s, tenant)) {
        return "ERR the prefix that is configured cannot keep tenants apart";
    }
    if (strcmp(s->tenant->id, tenant->id) != 0) {
        return "ERR this connection belongs to another tenant: open a new one";
    }
    if (s->state == REDIS_SESSION_LOGIN) {
        deadline_disarm(&s->login_deadline);
        redis_session_enter(s, REDIS_SESSION_OPEN);
    }
    s->num_bad_logins = 0;
    return NULL;
}

bool redis_session_may_ask(struct redis_session *s)
{
    const struct config_tenant *tenant = NULL;
    if (s->state == REDIS_SESSION_OPEN) {
        return true;
    }
    return redis_login_implied(s->snapshot, s->listener, &tenant) == REDIS_LOGIN_OK &&
           admit(s, tenant) == NULL;
}

static const char *judge(struct redis_session *s, const struct redis_login *login)
{
    const struct config_tenant *tenant = NULL;
    if (!login->has_credentials) {
        return redis_session_may_ask(s) ? NULL : no_auth_hello;
    }
    s->num_judged++;
    enum redis_login_verdict verdict = redis_login_judge(s->snapshot, s->listener, login, &tenant);
    if (verdict == REDIS_LOGIN_OK) {
        return admit(s, tenant);
    }
    note_refusal(s, login->user,
                 verdict == REDIS_LOGIN_WRONG ? "wrong credentials" : "no active tenant");
    s->num_bad_logins++;
    return wrong_pass;
}

void redis_session_log_in(struct redis_session *s, const struct redis_login *login,
                          struct writer *w)
{
    const char *error = judge(s, login);
    if (error == NULL) {
        redis_client_admit(&s->client, login, w);
    } else {
        resp_write_error(w, slice_text(error));
    }
}

void redis_session_log_out(struct redis_session *s)
{
    redis_transaction_drop(&s->transaction);
    if (s->state == REDIS_SESSION_OPEN) {
        const struct config_limits *limits = &snapshot_config(s->snapshot)->limits;
        redis_session_enter(s, REDIS_SESSION_LOGIN);
        deadline_arm(s->host->worker, &s->login_deadline,
                     s->host->worker->now_us + limits->login_timeout_us);
    }
}
