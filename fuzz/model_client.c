/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. A menu's statement has no semicolon within, and its first word tells the model
 * server what to do. */
#include "fuzz/model_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/model_token.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/message_login.h"
#include "protocol/pg/message_request.h"

#define IN_CAP  ((size_t)256 * 1024)
#define OUT_CAP ((size_t)4096)

/* T stands for the token, N for a digit. */
static const char *const queries[] = {
    "select 'T'",
    "select 'T', id from orders",
    "select id from orders where total > N and 'T' <> ''",
    "begin",
    "commit",
    "rollback",
    "begin; select 'T', id from orders; commit",
    "select 'T'; selec nothing",
    "select 'T'; select 'T', id from orders",
    "set application_name = 'n N'",
    "set statement_timeout = N000",
    "reset application_name",
    "discard all",
    "selec 'T'",
    "select 'T' from pg_authid",
    "",
    "set local lock_timeout = N000",
};
#define NUM_QUERIES (sizeof queries / sizeof queries[0])

static const char *const prepared[] = {
    "select 'T', id from orders where id = $1",
    "select 'T', $1::text",
    "begin",
    "commit",
    "select 'T' from pg_authid where oid = $1",
    "selec",
    "set application_name = 'p N'",
};
#define NUM_PREPARED (sizeof prepared / sizeof prepared[0])

static void send_all(struct model_client *client, struct slice bytes)
{
    if (client->fd < 0 || bytes.len == 0) {
        return;
    }
    ssize_t sent = send(client->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    if (sent != (ssize_t)bytes.len) { /* the proxy closed, or reads no more: what is cut is wild */
        client->is_wild = true;
    }
}

void model_client_open(struct model_client *client, unsigned number, int fd, char tenant)
{
    uint8_t memory[OUT_CAP];
    struct writer w = writer_over(memory, sizeof memory);
    const struct pg_setting settings[] = {
        {slice_text("user"), slice_text(tenant == 'a' ? "app.acme" : "app.globex")},
        {slice_text("database"), slice_text("app")}};
    struct slice packet;
    *client = (struct model_client){
        .number = number, .fd = fd, .tenant = tenant, .in = mem_new(IN_CAP), .num_asked = 1};
    pg_write_startup(&w, PG_VERSION_3_0, settings, sizeof settings / sizeof settings[0]);
    check(writer_done(&w, &packet));
    send_all(client, packet);
}

void model_client_close(struct model_client *client)
{
    if (client->fd >= 0) {
        check(close(client->fd) == 0);
    }
    free(client->in);
    *client = (struct model_client){.fd = -1};
}

/* Writes text with its holes filled in; a token is a new one. */
static struct slice fill_in(struct model_client *client, const char *text, uint8_t detail,
                            char out[OUT_CAP])
{
    struct writer w = writer_over(out, OUT_CAP);
    struct slice filled;
    for (; *text != '\0'; text++) {
        if (*text == 'T') {
            char token[TOKEN_LEN];
            token_write((struct token){client->number, client->num_statements++}, token);
            writer_bytes(&w, slice_of(token, sizeof token));
        } else {
            writer_u8(&w, *text == 'N' ? (uint8_t)('0' + detail % 10) : (uint8_t)*text);
        }
    }
    check(writer_done(&w, &filled));
    return filled;
}

static struct slice statement_name(uint8_t detail)
{
    static const char *const names[] = {"", "s1", "s2", "s3"};
    return slice_text(names[detail % 4]);
}

static void write_bind(struct writer *w, uint8_t detail)
{
    bool has_value = (detail & 4U) != 0;
    writer_u8(w, 'B');
    size_t mark = writer_open_frame(w);
    writer_cstring(w, slice_text(""));
    writer_cstring(w, statement_name(detail));
    writer_u16(w, 0);
    writer_u16(w, has_value ? 1 : 0);
    if (has_value) {
        writer_u32(w, 1);
        writer_u8(w, '7');
    }
    writer_u16(w, 0);
    writer_close_frame(w, mark);
}

static void write_extended(struct model_client *client, struct writer *w, uint8_t choice,
                           uint8_t detail)
{
    const struct pg_parse_types none = {0};
    char text[OUT_CAP];
    client->is_in_batch = true;
    switch (choice) {
    case 0:
        pg_write_parse(w, statement_name(detail),
                       fill_in(client, prepared[detail / 4 % NUM_PREPARED], detail, text), &none);
        break;
    case 1:
        write_bind(w, detail);
        break;
    case 2:
        pg_write_execute(w, slice_text(""), 0);
        break;
    case 3:
        pg_write_describe(w, (detail & 4U) != 0 ? PG_PORTAL : PG_STATEMENT,
                          (detail & 4U) != 0 ? slice_text("") : statement_name(detail));
        break;
    case 4:
        pg_write_close(w, PG_STATEMENT, statement_name(detail));
        break;
    case 5:
        pg_write_bare_request(w, PG_FLUSH);
        break;
    default:
        pg_write_bare_request(w, PG_SYNC);
        client->num_asked++;
        client->is_in_batch = false;
        break;
    }
}
#define NUM_EXTENDED 8 /* Sync twice as often */

void model_client_ask(struct model_client *client, uint8_t choice, uint8_t detail)
{
    uint8_t memory[OUT_CAP];
    char text[OUT_CAP];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice message;
    choice = (uint8_t)(choice % (NUM_QUERIES + NUM_EXTENDED));
    if (choice < NUM_QUERIES) {
        pg_write_query(&w, fill_in(client, queries[choice], detail, text));
        client->num_asked++;
        client->num_in_batches += client->is_in_batch ? 1 : 0;
    } else {
        write_extended(client, &w, (uint8_t)(choice - NUM_QUERIES), detail);
    }
    check(writer_done(&w, &message));
    send_all(client, message);
}

void model_client_wind_up(struct model_client *client)
{
    uint8_t memory[OUT_CAP];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice messages;
    pg_write_bare_request(&w, PG_SYNC);
    pg_write_query(&w, slice_text("rollback"));
    pg_write_query(&w, slice_text("discard all"));
    check(writer_done(&w, &messages));
    client->num_asked += 3;
    send_all(client, messages);
}

void model_client_shout(struct model_client *client, struct slice bytes)
{
    client->is_wild = client->is_wild || bytes.len > 0;
    send_all(client, bytes);
}

/* Each row's value: the tenant's first letter, then the token. */
static void check_row(const struct model_client *client, struct slice body)
{
    uint16_t num_fields;
    struct slice fields;
    struct pg_value value;
    struct token token;
    struct slice rest;
    check(pg_data_row_decode(body, &num_fields, &fields) == PG_OK);
    check(num_fields == 1 && pg_value_next(&fields, &value) && value.bytes.len > 0);
    check(value.bytes.ptr[0] == '-' || value.bytes.ptr[0] == client->tenant);
    if (token_find(value.bytes, &token, &rest)) {
        check(token.client == client->number && token.number < client->num_statements);
    }
}

static void take_key(struct model_client *client, struct slice body)
{
    struct reader r = reader_over(body);
    client->process_id = reader_u32(&r);
    struct slice key = reader_bytes(&r, sizeof client->key);
    client->has_key = reader_done(&r);
    if (client->has_key) {
        memcpy(client->key, key.ptr, sizeof client->key);
    }
}

static void take_message(struct model_client *client, const struct pg_frame *frame, bool checks)
{
    if (frame->type == 'D' && checks) {
        check_row(client, frame->body);
    } else if (frame->type == 'K') {
        take_key(client, frame->body);
    } else if (frame->type == 'Z') {
        client->num_ready++;
        check(!checks || client->is_wild || client->num_ready <= client->num_asked);
    }
}

static void read_in(struct model_client *client, bool checks)
{
    struct pg_frame frame;
    size_t taken = 0;
    for (;;) {
        struct slice left = slice_of(client->in + taken, client->in_len - taken);
        enum scan_status status = pg_frame_next(left, PG_SERVER, PG_FRAME_LARGEST, &frame);
        if (status != SCAN_DONE) {
            /* After an SSLRequest a wild client sees a bare letter. */
            check(status == SCAN_MORE || client->is_wild || !checks);
            break;
        }
        take_message(client, &frame, checks);
        taken += frame.whole.len;
    }
    client->in_len -= taken;
    memmove(client->in, client->in + taken, client->in_len);
}

bool model_client_hear(struct model_client *client, bool checks)
{
    if (client->fd < 0 || client->is_closed) {
        return false;
    }
    if (client->in_len == IN_CAP) { /* a lying server's endless message */
        client->in_len = 0;
    }
    ssize_t len = recv(client->fd, client->in + client->in_len, IN_CAP - client->in_len, 0);
    if (len < 0 && errno == EAGAIN) {
        return false;
    }
    if (len <= 0) {
        client->is_closed = true;
        return true;
    }
    client->in_len += (size_t)len;
    read_in(client, checks);
    return true;
}
