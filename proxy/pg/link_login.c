/* SPDX-License-Identifier: Apache-2.0
 *
 * Logging in to a server. The startup packet carries the pins that make our reading of SQL sound;
 * what the server reports must agree with them, or the link is closed. How we prove who we are is
 * link_auth.c's. What the server says before it has proved itself is not passed on to anybody. */
#include "proxy/pg/link_login.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/backend_auth.h"
#include "protocol/pg/error_fields.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/message_login.h"
#include "proxy/log.h"
#include "proxy/net/stream_tls.h"
#include "proxy/pg/link.h"
#include "proxy/pg/link_auth.h"
#include "proxy/pg/link_role.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/server_parameters.h"

#define MESSAGE_MAX       ((size_t)64 * 1024)
#define PACKET_ROOM       ((size_t)256) /* beside the values */
#define APPLICATION_NAME  "ringfence"
#define NO_ROLE           "the server does not say whether it is a standby"
#define IDENTITY_SETTINGS ((size_t)2) /* user and database */

struct link_login {
    struct server_parameters parameters;
    bool awaits_tls; /* SSLRequest was sent, and not answered yet */
    bool asks_role;  /* it is asked whether it is a standby */
    struct link_auth auth;
};

struct link_login *link_login_new(void)
{
    return mem_new(sizeof(struct link_login));
}

void link_login_free(struct link_login **login)
{
    if (*login == NULL) {
        return;
    }
    server_parameters_fini(&(*login)->parameters);
    link_auth_fini(&(*login)->auth);
    free(*login);
    *login = NULL;
}

struct server_parameters *link_login_parameters(struct link_login *login)
{
    check(login != NULL);
    return &login->parameters;
}

static void begin_session(struct link *link)
{
    link_auth_begin(&link->login->auth, link);
    const struct link_target *target = link->target;
    const struct pg_setting settings[] = {
        {slice_text("user"), slice_text(target->upstream->user)},
        {slice_text("database"), slice_text(target->upstream->database)},
        {slice_text("client_encoding"), slice_text("UTF8")},
        {slice_text("standard_conforming_strings"), slice_text("on")},
        {slice_text("row_security"), slice_text("on")},
        {slice_text("search_path"), slice_text(target->search_path)},
        {slice_text("application_name"), slice_text(APPLICATION_NAME)},
    };
    /* Without isolation nothing is parsed that must mean the same on every link. */
    const size_t num_settings =
        target->upstream->is_passthrough ? IDENTITY_SETTINGS : sizeof settings / sizeof settings[0];
    size_t room = PACKET_ROOM;
    for (size_t i = 0; i < num_settings; i++) {
        room += settings[i].value.len;
    }
    struct outgoing out;
    if (!outgoing_begin(&out, &link->stream, room)) {
        link_fail(link, "out of memory");
        return;
    }
    pg_write_startup(&out.writer, PG_VERSION_3_0, settings, num_settings);
    if (!outgoing_end(&out)) {
        link_fail(link, "user or database cannot stand in a startup packet");
    }
}

/* PostgreSQL encrypts no Unix sockets, and libpq asks for it on none. */
static const struct config_address *encrypted_endpoint(const struct link *link)
{
    const struct config_upstream *upstream = link->target->upstream;
    const struct config_address *endpoint =
        &upstream->endpoints[link->endpoint % upstream->num_endpoints];
    return link->target->tls == NULL || endpoint->is_unix ? NULL : endpoint;
}

static void ask_for_tls(struct link *link)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &link->stream, PACKET_ROOM)) {
        link_fail(link, "out of memory");
        return;
    }
    pg_write_ssl_request(&out.writer);
    check(outgoing_end(&out));
    link->login->awaits_tls = true;
}

/* One byte, and no more: what came with it would be taken for encrypted (CVE-2021-23222). There is
 * no going on in the clear. */
static void take_tls_answer(struct link *link)
{
    struct slice answer = stream_input(&link->stream);
    const struct config_address *endpoint = encrypted_endpoint(link);
    if (answer.len == 0) {
        return;
    }
    if (answer.len > 1 || answer.ptr[0] != 'S' || endpoint == NULL) {
        link_fail(link, answer.ptr[0] == 'N' ? "the server does not encrypt"
                                             : "the server broke the protocol before encryption");
        return;
    }
    stream_consume(&link->stream, answer.len);
    link->login->awaits_tls = false;
    if (!stream_start_tls(&link->stream, link->target->tls, slice_of(NULL, 0), endpoint->host)) {
        link_fail(link, "encryption could not be started");
        return;
    }
    begin_session(link); /* goes out when the server has been verified */
}

void link_login_begin(struct link *link)
{
    if (encrypted_endpoint(link) != NULL) {
        ask_for_tls(link);
    } else {
        begin_session(link);
    }
}

static const char *take_parameter(struct link *link, struct slice body)
{
    struct pg_parameter_status status;
    if (pg_parameter_status_decode(body, &status) != PG_OK) {
        return "malformed ParameterStatus";
    }
    bool is_free = link->target->upstream->is_passthrough &&
                   slice_equal(status.name, slice_text("client_encoding"));
    if (!is_free && server_parameter_check(status.name, status.value) != SERVER_PARAMETER_FINE) {
        return "the server reports a setting or version that parsing here would not be sound with";
    }
    bool fits = server_parameters_set(&link->login->parameters, status.name, status.value);
    return fits ? NULL : "the server reports too many parameters";
}

static const char *take_key(struct link *link, struct slice body)
{
    struct pg_key_data data;
    if (pg_key_data_decode(body, &data) != PG_OK || data.key.len > sizeof link->key) {
        return "malformed BackendKeyData";
    }
    link->process_id = data.process_id;
    link->key_len = data.key.len;
    memcpy(link->key, data.key.ptr, data.key.len);
    return NULL;
}

static bool has_parameters(const struct server_parameters *p)
{
    return server_parameters_find(p, "server_version") != NULL &&
           server_parameters_find(p, "client_encoding") != NULL &&
           server_parameters_find(p, "standard_conforming_strings") != NULL;
}

static const char *ask_role(struct link *link)
{
    link->login->asks_role = true;
    return link_role_ask(link) ? NULL : "out of memory";
}

static const char *take_ready(struct link *link, struct slice body)
{
    enum pg_ready ready;
    if (!link->login->auth.is_done || pg_ready_decode(body, &ready) != PG_OK ||
        ready != PG_READY_IDLE) {
        return "the server is ready before the login is done";
    }
    if (!has_parameters(&link->login->parameters)) {
        return "the server does not report version, encoding and string syntax";
    }
    if (link_role_is_wanted(link)) {
        return link->login->asks_role ? NO_ROLE : ask_role(link);
    }
    const char *unfit = link->ops->unfit != NULL ? link->ops->unfit(link) : NULL;
    if (unfit != NULL) {
        link->is_unfit = true;
        return unfit;
    }
    deadline_disarm(&link->deadline);
    link_enter(link, LINK_IDLE);
    return NULL;
}

static const char *take_error(struct slice body)
{
    struct slice fields;
    if (pg_error_decode(body, &fields) != PG_OK) {
        return "malformed ErrorResponse";
    }
    log_event(LOG_LINK_NOTICE, log_text("during", "login"),
              log_slice("sqlstate", pg_error_field_find(fields, PG_ERROR_SQLSTATE)),
              log_slice("message", pg_error_field_find(fields, PG_ERROR_MESSAGE)));
    return "the server refused the login";
}

/* One message of the answer to link_role_ask; what is wrong with it, or NULL. */
static const char *take_role_message(struct link *link, const struct pg_frame *frame)
{
    switch (frame->type) {
    case 'T':
    case 'C':
    case 'N':
        return NULL;
    case 'S':
        return take_parameter(link, frame->body);
    case 'D':
        return link_role_is_wanted(link) ? link_role_take(&link->login->parameters, frame->body)
                                         : "the server answered twice whether it is a standby";
    case 'Z':
        return take_ready(link, frame->body);
    case 'E':
        (void)take_error(frame->body); /* for its log line */
        return NO_ROLE;
    default:
        return "unexpected message during login";
    }
}

/* One message; what is wrong with it, or NULL. */
static const char *take_message(struct link *link, const struct pg_frame *frame)
{
    if (link->login->asks_role) {
        return take_role_message(link, frame);
    }
    switch (frame->type) {
    case 'R':
        return link_auth_take(&link->login->auth, frame->body);
    case 'S':
        return take_parameter(link, frame->body);
    case 'K':
        return take_key(link, frame->body);
    case 'Z':
        return take_ready(link, frame->body);
    case 'E':
        return take_error(frame->body);
    case 'N':
        return NULL;
    default:
        return "unexpected message during login";
    }
}

static void announce(struct link *link)
{
    if (stream_input(&link->stream).len > 0) {
        link_fail(link, "the server sent more than a login");
        return;
    }
    link->ops->ready(link);
    link_login_free(&link->login);
}

void link_login_input(struct link *link)
{
    struct pg_frame frame;
    if (link->login->awaits_tls) {
        take_tls_answer(link);
        return;
    }
    while (link->state == LINK_LOGIN) {
        enum scan_status status =
            pg_frame_next(stream_input(&link->stream), PG_SERVER, MESSAGE_MAX, &frame);
        if (status == SCAN_MORE) {
            return;
        }
        const char *wrong = status == SCAN_BAD ? "malformed message" : take_message(link, &frame);
        if (wrong != NULL) {
            link_fail(link, wrong);
            return;
        }
        stream_consume(&link->stream, frame.whole.len);
    }
    if (link->state == LINK_IDLE) {
        announce(link);
    }
}
