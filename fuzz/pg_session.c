/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole worker between clients and servers in miniature, in one process: the input is a script
 * of who sends what when. Clients of two tenants share fewer links than they are; they and the
 * servers speak the protocol, or bytes of the script, or vanish. Held as long as the servers are
 * honest: no answer reaches another client than the one that asked, no tenant's table is read
 * without the tenant, what reaches a server is well formed, a cancel request hits its own query,
 * and a client that kept to the protocol gets every ReadyForQuery that it is owed, once. */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/model_client.h"
#include "fuzz/model_proxy.h"
#include "fuzz/model_server.h"
#include "fuzz/model_token.h"
#include "protocol/check.h"
#include "protocol/pg/message_login.h"
#include "proxy/log.h"

#define NUM_CLIENTS   3
#define TURNS_EACH    3
#define ROUNDS_AT_END 64
#define SERVE_ALL     1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct play {
    struct model_proxy proxy;
    struct model_server server;
    struct model_client clients[NUM_CLIENTS];
    struct reader script;
    bool has_heard;      /* a client got something since this was cleared */
    unsigned num_opened; /* and the next one's number */
};

static const char configuration[] =
    "listeners:\n"
    "  - {name: app-pg, protocol: postgres, bind: \"127.0.0.1:6432\", upstream: main}\n"
    "upstreams:\n"
    "  main: {protocol: postgres, database: app, user: app_rw, endpoints: [{address: "
    "\"unix:%s\"}],\n"
    "    pool: {size: 2}}\n"
    "tenants:\n"
    "  identify:\n"
    "    - {startup_user: \"^(?<user>[^.]+)[.](?<tenant>[a-z0-9_-]+)$\"}\n"
    "  source: {file: tenants.yaml}\n"
    "isolation:\n"
    "  row: {shared: [public.countries]}\n";

/* ---- one step ---- */

static void turn(struct play *play)
{
    for (int i = 0; i < TURNS_EACH; i++) {
        model_proxy_turn(&play->proxy);
        model_server_accept(&play->server);
    }
}

static void depart(struct play *play, const struct model_client *client)
{
    if (client->fd >= 0) {
        play->server.cancellers |= UINT32_C(1) << client->number;
    }
}

static void hear(struct play *play)
{
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        struct model_client *client = &play->clients[i];
        bool heard = model_client_hear(client, !play->server.has_lied);
        play->has_heard = play->has_heard || heard;
        if (client->is_closed || client->is_wild) { /* one that broke the rules may be closed */
            depart(play, client);
        }
    }
}

static void serve(struct play *play, size_t index, unsigned max)
{
    hear(play); /* who was closed must be known before what was cancelled */
    model_server_serve(&play->server, index, max);
}

static void close_client(struct play *play, size_t index)
{
    depart(play, &play->clients[index]);
    model_client_close(&play->clients[index]);
}

static void open_client(struct play *play, size_t index)
{
    char tenant = index == 1 ? 'g' : 'a';
    close_client(play, index);
    if (play->num_opened < TOKEN_CLIENTS) {
        model_client_open(&play->clients[index], play->num_opened++,
                          model_proxy_knock(&play->proxy, 0), tenant);
    }
}

static void cancel(struct play *play, size_t index)
{
    const struct model_client *client = &play->clients[index];
    uint8_t memory[64];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice packet;
    if (!client->has_key) {
        return;
    }
    pg_write_cancel(&w, client->process_id, slice_of(client->key, sizeof client->key));
    check(writer_done(&w, &packet));
    play->server.cancellers |= UINT32_C(1) << client->number;
    int fd = model_proxy_knock(&play->proxy, 0);
    check(send(fd, packet.ptr, packet.len, MSG_NOSIGNAL) == (ssize_t)packet.len);
    turn(play);
    check(close(fd) == 0);
}

static struct slice some_bytes(struct reader *script)
{
    size_t len = reader_u8(script);
    return reader_bytes(script, len < reader_left(script) ? len : reader_left(script));
}

static void step(struct play *play)
{
    struct reader *script = &play->script;
    uint8_t action = reader_u8(script);
    size_t index = action >> 4U;
    size_t client = index % NUM_CLIENTS;
    size_t link = index % MODEL_CONNECTIONS;
    switch (action & 15U) {
    case 0:
        open_client(play, client);
        break;
    case 1:
        model_client_shout(&play->clients[client], some_bytes(script));
        break;
    case 2:
        model_server_lie(&play->server, link, some_bytes(script));
        break;
    case 3:
        close_client(play, client);
        break;
    case 4:
        model_server_crash(&play->server, link);
        break;
    case 5:
        cancel(play, client);
        break;
    case 6:
        play->server.fails_next = true;
        break;
    case 7:
        serve(play, link, 1);
        break;
    case 8:
    case 9:
        serve(play, link, SERVE_ALL);
        break;
    case 10:
        turn(play);
        break;
    case 11:
        turn(play);
        hear(play);
        break;
    default: {
        uint8_t choice = reader_u8(script);
        model_client_ask(&play->clients[client], choice, reader_u8(script));
        break;
    }
    }
}

/* ---- the end ---- */

static void settle(struct play *play)
{
    unsigned quiet = 0;
    for (unsigned round = 0; round < ROUNDS_AT_END && quiet < 4; round++) {
        uint32_t accepted = play->server.num_accepted;
        play->has_heard = false;
        turn(play);
        hear(play);
        for (size_t i = 0; i < MODEL_CONNECTIONS; i++) {
            serve(play, i, SERVE_ALL);
        }
        bool was_quiet = !play->has_heard && play->server.num_accepted == accepted;
        quiet = was_quiet ? quiet + 1 : 0;
    }
}

/* Everybody who kept to the protocol is answered once those who did not are gone. */
static void check_answers(struct play *play)
{
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        if (play->clients[i].is_wild) {
            close_client(play, i);
        } else {
            model_client_wind_up(&play->clients[i]);
        }
    }
    settle(play);
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        const struct model_client *client = &play->clients[i];
        check(client->fd < 0 || client->is_closed || client->is_wild || play->server.has_lied ||
              play->server.has_failed_login ||
              client->num_ready + client->num_in_batches >= client->num_asked);
    }
}

static void begin(struct play *play, const char *path)
{
    char text[sizeof configuration + PATH_MAX];
    play->num_opened = 0;
    memset(play->clients, 0, sizeof play->clients);
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        play->clients[i].fd = -1;
    }
    model_server_init(&play->server, path);
    check(snprintf(text, sizeof text, configuration, path) < (int)sizeof text);
    model_proxy_init(&play->proxy, text);
    turn(play);
}

static void end(struct play *play)
{
    model_proxy_fini(&play->proxy);
    for (size_t i = 0; i < NUM_CLIENTS; i++) {
        model_client_close(&play->clients[i]);
    }
    model_server_fini(&play->server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char folder[] = "/tmp/ringfence-fuzz-XXXXXX";
    static struct play play;
    char path[sizeof folder + 8];
    log_configure(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    if (mkdtemp(folder) == NULL) {
        return 0;
    }
    check(snprintf(path, sizeof path, "%s/server", folder) < (int)sizeof path);
    begin(&play, path);
    play.script = reader_over(slice_of(data, size));
    while (reader_left(&play.script) > 0) {
        step(&play);
    }
    check_answers(&play);
    end(&play);
    check(unlink(path) == 0 && rmdir(folder) == 0);
    memcpy(strrchr(folder, '-'), "-XXXXXX", sizeof "-XXXXXX");
    return 0;
}
