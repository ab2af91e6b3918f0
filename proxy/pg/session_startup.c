/* SPDX-License-Identifier: Apache-2.0
 *
 * The first packets of a client, and the last step of its login. SSLRequest and GSSENCRequest are
 * answered once each; bytes that came with them are refused, because a client that asked
 * cannot know yet how to go on (CVE-2021-3935). One startup packet is taken, ever.
 *
 * What is wrong with the packet's names (database, tenant, settings) is said only to who proved
 * its password: the messages up to there are the same for all. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/rand.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/message_auth.h"
#include "protocol/pg/message_login.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/startup.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/encryption.h"
#include "proxy/net/stream_tls.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/service.h"
#include "proxy/pg/session_limits.h"
#include "proxy/pg/session_login.h"
#include "proxy/pg/session_parts.h"
#include "proxy/pg/session_password.h"
#include "proxy/pg/session_target.h"

#define UNKNOWN_OPTIONS_MAX ((size_t)16)
#define CERTIFIED_NAME_MAX  128
#define MINOR_3_2           2
#define SECRET_LEN_3_0      4
#define TLS_HANDSHAKE       0x16 /* RFC 8446 5.1, ContentType; no startup packet is that long */

static void refuse_encryption(struct session *s, bool *asked, size_t packet_len)
{
    if (*asked || stream_input(&s->stream).len > packet_len) {
        session_close(s, CLOSE_PROTOCOL);
        return;
    }
    *asked = true;
    stream_consume(&s->stream, packet_len);
    if (!stream_write(&s->stream, slice_text("N"))) {
        session_close(s, CLOSE_CLIENT_SLOW);
    }
}

static const struct tls_context *tls_of(const struct session_login *login)
{
    return encryption_of_listener(login->snapshot, login->listener);
}

/* SSLRequest on a listener that encrypts. What came with it was not encrypted and must not be taken
 * for it (CVE-2021-23214). */
static void accept_encryption(struct session *s, size_t packet_len)
{
    if (s->login->asked_ssl || stream_input(&s->stream).len > packet_len) {
        session_close(s, CLOSE_PROTOCOL);
        return;
    }
    s->login->asked_ssl = true;
    stream_consume(&s->stream, packet_len);
    if (!stream_write(&s->stream, slice_text("S")) ||
        !stream_start_tls(&s->stream, tls_of(s->login), slice_of(NULL, 0), NULL)) {
        session_close(s, CLOSE_CLIENT_SLOW);
    }
}

/* A client that begins with the handshake itself (PostgreSQL 17, sslnegotiation=direct) names the
 * protocol by ALPN, so that no other protocol's client ends up here. */
static bool is_direct_tls(const struct session *s)
{
    struct slice input = stream_input(&s->stream);
    return !s->login->asked_ssl && !s->login->asked_gss && tls_of(s->login) != NULL &&
           input.len > 0 && input.ptr[0] == TLS_HANDSHAKE;
}

static void begin_direct_tls(struct session *s)
{
    struct slice input = stream_input(&s->stream);
    s->login->asked_ssl = true;
    s->login->is_direct = true;
    bool is_begun = stream_start_tls(&s->stream, tls_of(s->login), input, NULL);
    stream_consume(&s->stream, input.len);
    if (!is_begun) {
        session_close(s, CLOSE_CLIENT_SLOW);
    }
}

static void fail_for_setting(struct session_login *login, enum close_reason reason,
                             struct slice name)
{
    if (!login->has_failure) {
        login->failure_name = mem_copy_string((const char *)name.ptr, name.len);
    }
    session_login_fails(login, reason);
}

static bool is_named(struct slice name, const char *text)
{
    return slice_equal(name, slice_text(text));
}

/* The tenant may be named twice, but not two tenants. */
static void take_tenant_option(struct session_login *login, struct slice value)
{
    if (login->tenant_option == NULL) {
        login->tenant_option = mem_copy_string((const char *)value.ptr, value.len);
    } else if (!is_named(value, login->tenant_option)) {
        session_login_fails(login, CLOSE_NO_TENANT);
    }
}

static void take_setting(struct session_login *login, const struct pg_setting *setting)
{
    const char *option = tenant_option_name(snapshot_tenant_rules(login->snapshot));
    if (option != NULL && is_named(setting->name, option)) {
        take_tenant_option(login, setting->value);
        return;
    }
    bool any = login->listener->isolation == CONFIG_ISOLATION_PASSTHROUGH;
    switch (is_named(setting->name, SESSION_TARGET_OPTION)
                ? session_target_choose(login, setting->value)
                : settings_wish_add(&login->wish, any, setting->name, setting->value)) {
    case SETTING_TAKEN:
        return;
    case SETTING_REFUSED:
        fail_for_setting(login, CLOSE_SETTING_REFUSED, setting->name);
        return;
    case SETTING_WRONG:
        fail_for_setting(login, CLOSE_SETTING_WRONG, setting->name);
        return;
    }
}

static void take_options(struct session_login *login, struct slice options)
{
    uint8_t *memory = mem_new(options.len + 1);
    uint8_t *scratch = memory;
    struct pg_setting setting;
    enum pg_option_step step = pg_option_next(&options, &scratch, &setting);
    while (step == PG_OPTION_SETTING) {
        take_setting(login, &setting);
        step = pg_option_next(&options, &scratch, &setting);
    }
    if (step == PG_OPTION_MALFORMED) {
        session_login_fails(login, CLOSE_SETTING_REFUSED);
    }
    free(memory);
}

static bool is_false(struct slice value)
{
    static const char *const words[] = {"false", "off", "no", "0"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (value.len == strlen(words[i]) &&
            strncasecmp((const char *)value.ptr, words[i], value.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_protocol_option(struct slice name)
{
    return name.len > 5 && memcmp(name.ptr, "_pq_.", 5) == 0;
}

/* The packet's settings but for those that are about the protocol itself. */
static void take_settings(struct session_login *login, struct slice settings)
{
    struct pg_setting setting;
    while (pg_setting_next(&settings, &setting)) {
        if (is_named(setting.name, "user") || is_named(setting.name, "database") ||
            is_protocol_option(setting.name)) {
            continue;
        }
        if (is_named(setting.name, "options")) {
            take_options(login, setting.value);
        } else if (!is_named(setting.name, "replication")) {
            take_setting(login, &setting);
        } else if (!is_false(setting.value)) {
            session_login_fails(login, CLOSE_REPLICATION);
        }
    }
}

static void identify(struct session_login *login)
{
    const char *option = login->tenant_option != NULL ? login->tenant_option : "";
    const struct tenant_facts facts = {.startup_user = slice_text(login->user),
                                       .startup_option = slice_text(option)};
    struct tenant_identity identity;
    switch (tenant_identify(snapshot_tenant_rules(login->snapshot), &facts, &identity)) {
    case TENANT_FOUND:
        check(strlen(identity.tenant->id) < sizeof login->tenant);
        memcpy(login->tenant, identity.tenant->id, strlen(identity.tenant->id) + 1);
        return;
    case TENANT_NONE:
    case TENANT_AMBIGUOUS:
        session_login_fails(login, CLOSE_NO_TENANT);
        return;
    case TENANT_UNKNOWN:
        session_login_fails(login, CLOSE_UNKNOWN_TENANT);
        return;
    case TENANT_NOT_ACTIVE:
        session_login_fails(login, CLOSE_TENANT_SUSPENDED);
        return;
    }
}

/* Answers a minor version that is not spoken here, or unknown protocol options, with the newest one
 * that is and that the client knows, too. There never was a 3.1 (PG docs, Protocol Versions). */
static bool negotiate(struct session *s, const struct pg_startup *startup)
{
    struct slice unknown[UNKNOWN_OPTIONS_MAX];
    size_t num_unknown = 0;
    size_t room = 64;
    struct slice settings = startup->settings;
    struct pg_setting setting;
    while (num_unknown < UNKNOWN_OPTIONS_MAX && pg_setting_next(&settings, &setting)) {
        if (is_protocol_option(setting.name)) {
            unknown[num_unknown++] = setting.name;
            room += setting.name.len + 1;
        }
    }
    bool is_spoken = startup->minor == 0 || startup->minor == MINOR_3_2;
    s->login->speaks_3_2 = startup->minor >= MINOR_3_2;
    if (is_spoken && num_unknown == 0) {
        return true;
    }
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, room)) {
        return false;
    }
    pg_write_negotiate(&out.writer, s->login->speaks_3_2 ? PG_VERSION_3_2 : PG_VERSION_3_0, unknown,
                       num_unknown);
    return outgoing_end(&out);
}

/* The whole name, case and all: app.acme. */
static bool is_certified(const struct session *s)
{
    char name[CERTIFIED_NAME_MAX];
    stream_peer_common_name(&s->stream, name, sizeof name);
    return name[0] != '\0' && strcmp(name, s->login->user) == 0;
}

static void let_in_if(struct session *s, bool is_proved, enum close_reason otherwise)
{
    is_proved ? session_login_done(s) : session_close(s, otherwise);
}

static void authenticate(struct session *s)
{
    switch (s->login->listener->auth) {
    case CONFIG_AUTH_CERT:
        let_in_if(s, is_certified(s), CLOSE_AUTH_CERT);
        return;
    case CONFIG_AUTH_SCRAM_SHA_256:
    case CONFIG_AUTH_PASSWORD:
        session_find_verifier(s);
        return;
    case CONFIG_AUTH_UNSAFE_MD5:
        session_ask_md5(s);
        return;
    case CONFIG_AUTH_TRUST:
        let_in_if(s, s->login->peer != PEER_REMOTE, CLOSE_AUTH_TRUST);
        return;
    }
}

static void begin_session(struct session *s, const struct pg_startup *startup, size_t packet_len)
{
    struct session_login *login = s->login;
    if (login->listener->tls.mode == CONFIG_LISTENER_TLS_REQUIRE &&
        !stream_is_encrypted(&s->stream)) {
        session_close(s, CLOSE_TLS_REQUIRED);
        return;
    }
    login->user = mem_copy_string((const char *)startup->user.ptr, startup->user.len);
    take_settings(login, startup->settings);
    identify(login);
    if (!is_named(startup->database, login->listener->upstream->database)) {
        session_login_fails(login, CLOSE_DATABASE);
    }
    bool is_told = negotiate(s, startup);
    stream_consume(&s->stream, packet_len);
    if (!is_told) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    authenticate(s);
}

void session_startup_input(struct session *s)
{
    struct slice body;
    struct pg_startup startup;
    if (is_direct_tls(s)) {
        begin_direct_tls(s);
        return;
    }
    if (s->login->is_direct && !stream_has_alpn(&s->stream)) {
        session_close(s, CLOSE_PROTOCOL);
        return;
    }
    enum scan_status status = pg_frame_startup(stream_input(&s->stream), &body);
    if (status == SCAN_MORE) {
        return;
    }
    if (status == SCAN_BAD || pg_startup_decode(body, &startup) != PG_OK) {
        session_close(s, CLOSE_PROTOCOL);
        return;
    }
    size_t packet_len = body.len + 4;
    switch (startup.kind) {
    case PG_STARTUP_SSL:
        if (tls_of(s->login) != NULL) {
            accept_encryption(s, packet_len);
        } else {
            refuse_encryption(s, &s->login->asked_ssl, packet_len);
        }
        return;
    case PG_STARTUP_GSSENC:
        if (stream_is_encrypted(&s->stream)) {
            session_close(s, CLOSE_PROTOCOL);
            return;
        }
        refuse_encryption(s, &s->login->asked_gss, packet_len);
        return;
    case PG_STARTUP_CANCEL:
        pg_service_cancel(s->pg, startup.process_id, startup.cancel_key);
        session_close(s, CLOSE_CANCEL_REQUEST);
        return;
    case PG_STARTUP_OTHER_VERSION:
        session_close(s, CLOSE_VERSION);
        return;
    case PG_STARTUP_SESSION:
        begin_session(s, &startup, packet_len);
        return;
    }
}

static void refuse_login(struct session *s)
{
    struct session_login *login = s->login;
    log_event(LOG_SESSION_REFUSED, log_number("session", (int64_t)s->id),
              log_text("user", login->user), log_text("reason", close_label(login->failure)),
              log_text("setting", login->failure_name));
    char text[160];
    int len = 0;
    if (login->failure_name != NULL) {
        len = snprintf(text, sizeof text, "%s: \"%.64s\"", close_message(login->failure),
                       login->failure_name);
    }
    check(len >= 0);
    session_close_because(s, login->failure, slice_of(text, strnlen(text, (size_t)len)));
}

/* Counts it wherever it counts; false: there are too many already, *out says of what. */
static bool count_session(struct session *s, enum close_reason *out)
{
    static const enum close_reason reasons[TALLY_KINDS] = {
        [TALLY_LISTENER] = CLOSE_LISTENER_FULL,
        [TALLY_DATABASE] = CLOSE_DATABASE_FULL,
        [TALLY_USER] = CLOSE_USER_FULL,
        [TALLY_TENANT] = CLOSE_TENANT_FULL,
    };
    const struct session_login *login = s->login;
    const struct config_listener *listener = login->listener;
    const struct config_limits *limits = &snapshot_config(login->snapshot)->limits;
    const struct tally_wish wishes[TALLY_KINDS] = {
        [TALLY_LISTENER] = {listener->name, listener->max_sessions},
        [TALLY_DATABASE] = {listener->upstream_name, listener->upstream->max_sessions},
        [TALLY_USER] = {login->user, limits->sessions_per_user},
        [TALLY_TENANT] = {login->tenant, limits->sessions_per_tenant},
    };
    enum tally_kind full = tally_enter(pg_service_tally(s->pg->service), wishes, s->counted);
    if (full != TALLY_KINDS) {
        *out = reasons[full];
    }
    return full == TALLY_KINDS;
}

void session_login_done(struct session *s)
{
    struct session_login *login = s->login;
    if (!login->has_failure && !pg_worker_has_tenant(s->pg, slice_text(login->tenant))) {
        session_login_fails(login, CLOSE_UNKNOWN_TENANT); /* since this login began */
    }
    if (login->has_failure) {
        refuse_login(s);
        return;
    }
    if (holds_session(&s->pg->holds, HOLD_DISABLED, login->listener->upstream_name,
                      slice_text(login->tenant))) {
        session_close(s, CLOSE_DISABLED);
        return;
    }
    enum close_reason full = CLOSE_DRAIN;
    if (!count_session(s, &full)) {
        session_close(s, full);
        return;
    }
    s->upstream = pg_worker_upstream(s->pg, login->listener->upstream, login->target);
    session_login_tell_policies(login);
    s->settings = settings_intern(&s->pg->settings, &login->wish);
    s->base = settings_ref(s->settings);
    s->meaning = settings_meaning(s->settings);
    s->tenant_len = (uint8_t)strlen(login->tenant);
    memcpy(s->tenant, login->tenant, sizeof login->tenant);
    session_enter(s, SESSION_GREETING);
    if (pool_is_down(&s->upstream->pool) || !pg_upstream_is_known(s->upstream)) {
        session_close(s, CLOSE_UNAVAILABLE);
        return;
    }
    if (s->upstream->parameters.num_items > 0 ||
        pg_service_recall(s->pg->service, s->upstream->name, &s->upstream->parameters)) {
        session_greet(s);
        return;
    }
    stream_pause(&s->stream);
    struct pool_link *pooled = pool_acquire(&s->upstream->pool, &s->waiter);
    check(pooled == NULL); /* the first link brings the parameters, before anyone is lent it */
}

static void add_cancel_key(struct session *s)
{
    struct session *other = NULL;
    do {
        check(RAND_bytes((unsigned char *)&s->cancel_id, sizeof s->cancel_id) == 1);
        s->cancel_id = (s->cancel_id & ((1U << PG_CANCEL_WORKER_SHIFT) - 1)) |
                       (s->pg->worker->index << PG_CANCEL_WORKER_SHIFT);
        HASH_FIND(hh, s->pg->by_key, &s->cancel_id, sizeof s->cancel_id, other);
    } while (s->cancel_id == 0 || other != NULL);
    s->cancel_secret_len = s->login->speaks_3_2 ? SESSION_SECRET_MAX : SECRET_LEN_3_0;
    check(RAND_bytes(s->cancel_secret, s->cancel_secret_len) == 1);
    HASH_ADD(hh, s->pg->by_key, cancel_id, sizeof s->cancel_id, s);
}

static void write_parameters(struct session *s, struct writer *w)
{
    const struct server_parameters *p = &s->upstream->parameters;
    for (size_t i = 0; i < p->num_items; i++) {
        struct slice name = slice_text(p->items[i].name);
        const char *own = settings_value(s->settings, name);
        if (own == NULL) {
            own = is_named(name, "application_name") ? "" : p->items[i].value;
        }
        pg_write_parameter_status(w, name, slice_text(own));
    }
}

/* Bytes of all of it: a parameter may be as long as what the server or the client said. */
static size_t greeting_room(const struct session *s)
{
    size_t room = 256;
    const struct server_parameters *p = &s->upstream->parameters;
    for (size_t i = 0; i < p->num_items; i++) {
        room += 16 + strlen(p->items[i].name) + strlen(p->items[i].value) + SETTING_VALUE_MAX;
    }
    return room;
}

void session_greet(struct session *s)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &s->stream, greeting_room(s))) {
        session_close(s, CLOSE_CLIENT_SLOW);
        return;
    }
    add_cancel_key(s);
    pg_write_auth(&out.writer, PG_AUTH_OK);
    write_parameters(s, &out.writer);
    pg_write_key_data(&out.writer, s->cancel_id, slice_of(s->cancel_secret, s->cancel_secret_len));
    pg_write_ready(&out.writer, PG_READY_IDLE);
    check(outgoing_end(&out));
    struct worker *worker = s->pg->worker;
    s->metrics = metrics_tenant(worker->metrics, session_tenant(s));
    metrics_add(s->metrics, METRIC_SESSIONS_POSTGRES, 1);
    metrics_add(s->upstream->metrics, METRIC_UPSTREAM_SESSIONS, 1);
    stream_count_for(&s->stream, s->metrics);
    metrics_observe(worker->metrics, METRIC_LOGIN_DURATION, worker->now_us - s->login->since_us);
    log_event(LOG_SESSION_LOGIN, log_number("session", (int64_t)s->id),
              log_text("user", s->login->user), log_slice("tenant", session_tenant(s)));
    session_login_free(&s->login);
    session_enter(s, SESSION_IDLE);
    session_limits_watch(s);
    stream_resume(&s->stream);
}
