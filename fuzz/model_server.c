/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections, logins and cancel requests; what is asked after that is model_backend.c's. All
 * answers of one message go out in one write; a proxy that does not read sees its server crash. */
#include "fuzz/model_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz/model_backend.h"
#include "fuzz/model_token.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/message_reply.h"
#include "protocol/pg/startup.h"

#define IN_CAP    ((size_t)256 * 1024)
#define OUT_CAP   ((size_t)64 * 1024)
#define FIRST_PID UINT32_C(7000)
#define BACKLOG   1024 /* a refused connection would make the proxy wait before it tries again */

static struct slice words(const char *text)
{
    return slice_text(text);
}

void model_server_drop(struct model_server *server, size_t index)
{
    struct model_connection *c = &server->connections[index];
    if (c->fd >= 0) {
        check(close(c->fd) == 0);
    }
    model_backend_forget(c);
    free(c->in);
    *c = (struct model_connection){.fd = -1};
}

void model_server_crash(struct model_server *server, size_t index)
{
    const struct model_connection *c = &server->connections[index];
    server->has_failed_login = server->has_failed_login || (c->fd >= 0 && !c->is_used);
    model_server_drop(server, index);
}

void model_server_init(struct model_server *server, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memset(server, 0, sizeof *server);
    for (size_t i = 0; i < MODEL_CONNECTIONS; i++) {
        server->connections[i].fd = -1;
    }
    check(snprintf(address.sun_path, sizeof address.sun_path, "%s", path) <
          (int)sizeof address.sun_path);
    server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(server->listen_fd >= 0);
    check(bind(server->listen_fd, (struct sockaddr *)&address, sizeof address) == 0);
    check(listen(server->listen_fd, BACKLOG) == 0);
}

void model_server_fini(struct model_server *server)
{
    for (size_t i = 0; i < MODEL_CONNECTIONS; i++) {
        model_server_drop(server, i);
    }
    check(close(server->listen_fd) == 0);
}

void model_server_accept(struct model_server *server)
{
    for (size_t i = 0; i < MODEL_CONNECTIONS; i++) {
        struct model_connection *c = &server->connections[i];
        if (c->fd >= 0) {
            continue;
        }
        int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        *c = (struct model_connection){.fd = fd,
                                       .process_id = FIRST_PID + server->num_accepted++,
                                       .status = 'I',
                                       .in = mem_new(IN_CAP)};
    }
}

static void write_parameter(struct writer *w, const char *name, const char *value)
{
    writer_u8(w, 'S');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, words(name));
    writer_cstring(w, words(value));
    writer_close_frame(w, mark);
}

static void write_login(struct writer *w, uint32_t process_id)
{
    writer_u8(w, 'R');
    size_t mark = writer_open_frame(w);
    writer_u32(w, 0);
    writer_close_frame(w, mark);
    write_parameter(w, "server_version", "15.6");
    write_parameter(w, "client_encoding", "UTF8");
    write_parameter(w, "server_encoding", "UTF8");
    write_parameter(w, "standard_conforming_strings", "on");
    write_parameter(w, "integer_datetimes", "on");
    write_parameter(w, "in_hot_standby", "off");
    write_parameter(w, "default_transaction_read_only", "off");
    writer_u8(w, 'K');
    mark = writer_open_frame(w);
    writer_u32(w, process_id);
    writer_u32(w, ~process_id); /* the secret */
    writer_close_frame(w, mark);
    pg_write_ready(w, PG_READY_IDLE);
}

/* Whether every statement in text is of a client that sent a cancel request or is gone. */
static bool may_be_hit(const struct model_server *server, struct slice text)
{
    struct token token;
    while (token_find(text, &token, &text)) {
        if ((server->cancellers & UINT32_C(1) << token.client) == 0) {
            return false;
        }
    }
    return true;
}

/* What waits at the connection is what the request hits; all before it has been answered. */
static void take_cancel(const struct model_server *server, const struct pg_startup *startup)
{
    static uint8_t waiting[IN_CAP];
    for (size_t i = 0; i < MODEL_CONNECTIONS && !server->has_lied; i++) {
        const struct model_connection *c = &server->connections[i];
        if (c->fd < 0 || c->process_id != startup->process_id) {
            continue;
        }
        ssize_t len = recv(c->fd, waiting, sizeof waiting, MSG_PEEK);
        check(may_be_hit(server, slice_of(c->in, c->in_len)));
        check(len <= 0 || may_be_hit(server, slice_of(waiting, (size_t)len)));
    }
}

/* The first packet; false when the connection ends here. */
static bool take_startup(struct model_server *server, size_t index, struct writer *w,
                         struct slice body)
{
    struct pg_startup startup;
    check(pg_startup_decode(body, &startup) == PG_OK);
    if (startup.kind == PG_STARTUP_CANCEL) {
        take_cancel(server, &startup);
        return false;
    }
    check(startup.kind == PG_STARTUP_SESSION);
    server->connections[index].is_logged_in = true;
    write_login(w, server->connections[index].process_id);
    return true;
}

/* Takes one message off the input; false when there is none, or when the connection ended. */
static bool serve_one(struct model_server *server, size_t index)
{
    static uint8_t memory[OUT_CAP];
    struct model_connection *c = &server->connections[index];
    struct slice input = slice_of(c->in, c->in_len);
    struct writer w = writer_over(memory, sizeof memory);
    struct slice body;
    struct pg_frame frame = {0};
    enum scan_status status = c->is_logged_in
                                  ? pg_frame_next(input, PG_CLIENT, PG_FRAME_LARGEST, &frame)
                                  : pg_frame_startup(input, &body);
    if (status == SCAN_MORE) {
        return false;
    }
    check(status != SCAN_BAD); /* the proxy must never send what is none */
    size_t taken = c->is_logged_in ? frame.whole.len : slice_position(input, body) + body.len;
    if (c->is_logged_in ? frame.type == 'X' : !take_startup(server, index, &w, body)) {
        model_server_drop(server, index);
        return false;
    }
    if (frame.whole.len > 0) {
        c->is_used = true;
        model_backend_take(server, c, &frame, &w);
    }
    struct slice out;
    check(writer_done(&w, &out));
    c->in_len -= taken;
    memmove(c->in, c->in + taken, c->in_len);
    if (out.len > 0 && send(c->fd, out.ptr, out.len, MSG_NOSIGNAL) != (ssize_t)out.len) {
        model_server_crash(server, index);
        return false;
    }
    return true;
}

void model_server_serve(struct model_server *server, size_t index, unsigned max)
{
    struct model_connection *c = &server->connections[index];
    if (c->fd < 0) {
        return;
    }
    ssize_t len = recv(c->fd, c->in + c->in_len, IN_CAP - c->in_len, 0);
    if (len == 0 || (len < 0 && errno != EAGAIN)) {
        model_server_drop(server, index);
        return;
    }
    c->in_len += len > 0 ? (size_t)len : 0;
    for (unsigned i = 0; i < max && serve_one(server, index); i++) {
    }
}

void model_server_lie(struct model_server *server, size_t index, struct slice bytes)
{
    const struct model_connection *c = &server->connections[index];
    if (c->fd >= 0 && bytes.len > 0) {
        server->has_lied = true;
        (void)send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    }
}
