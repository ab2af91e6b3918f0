/* SPDX-License-Identifier: Apache-2.0
 *
 * What a listener takes before anybody is logged in: SSLRequest, GSSENCRequest, TLS at once, cancel
 * requests, startup packets, and anything else, in the pieces in which the script sends them. Held
 * against a second reading of the same bytes (start_judge.c): the answers are the ones that are
 * due and no others; nothing is in the clear where encryption was promised; who logs in is whom the
 * first startup packet names, and sees that tenant's rows alone; nobody gets in without a proof
 * where one is asked for; a guessed key cancels nothing; and a session beside it never notices. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/model_client.h"
#include "fuzz/model_proxy.h"
#include "fuzz/model_server.h"
#include "fuzz/model_tls.h"
#include "fuzz/start_judge.h"
#include "fuzz/start_menu.h"
#include "protocol/check.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/frame.h"
#include "proxy/log.h"

#define TURNS_EACH    6
#define CHUNK_MAX     ((size_t)12 * 1024)
#define HEARD_MAX     ((size_t)256 * 1024)
#define MESSAGES_MAX  64 /* of a session that is logged in: enough to see whose it is */
#define SHAKES_MAX    16
#define TLS_ALERT     0x15
#define TLS_HANDSHAKE 0x16
#define BYSTANDER     1
#define ASK_ROWS      2 /* of the client's menu: those of its tenant */
#define ASK_BEGIN     3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct listener_kind {
    bool can_encrypt;
    bool must_encrypt;
    bool asks_proof;
};

/* As they stand in the configuration. */
static const struct listener_kind kinds[] = {
    {false, false, false}, {true, false, false}, {true, true, false},
    {false, false, true},  {true, false, true},
};
#define NUM_KINDS (sizeof kinds / sizeof kinds[0])

static const char configuration[] =
    "listeners:\n"
    "  - {name: l0, protocol: postgres, bind: \"127.0.0.1:6432\", upstream: main}\n"
    "  - {name: l1, protocol: postgres, bind: \"127.0.0.1:6433\", upstream: main, tls:\n"
    "      {mode: allow, cert: %s/cert, key: %s/key}}\n"
    "  - {name: l2, protocol: postgres, bind: \"127.0.0.1:6434\", upstream: main, tls:\n"
    "      {mode: require, cert: %s/cert, key: %s/key}}\n"
    "  - {name: l3, protocol: postgres, bind: \"127.0.0.1:6435\", upstream: main, auth:\n"
    "      {method: scram-sha-256, users_file: %s/users}}\n"
    "  - {name: l4, protocol: postgres, bind: \"127.0.0.1:6436\", upstream: main, tls:\n"
    "      {mode: allow, cert: %s/cert, key: %s/key}, auth:\n"
    "      {method: scram-sha-256, users_file: %s/users}}\n"
    "upstreams:\n"
    "  main: {protocol: postgres, database: app, user: app_rw, endpoints: [{address: "
    "\"unix:%s/server\"}],\n"
    "    pool: {size: 2}}\n"
    "tenants:\n"
    "  identify:\n"
    "    - {startup_user: \"^(?<user>[^.]+)[.](?<tenant>[a-z0-9_-]+)$\"}\n"
    "  source: {file: tenants.yaml}\n"
    "isolation:\n"
    "  row: {shared: [public.countries]}\n";

/* The example of RFC 7677. */
static const char users[] =
    "\"app.acme\" \"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXku"
    "LmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\"\n";

struct play {
    struct model_proxy proxy;
    struct model_server server;
    struct model_client bystander;
    size_t held; /* the server's connection where the bystander's query waits all the time */
    const struct listener_kind *kind;
    struct start_judge judge;
    struct reader script;
    int fd;
    struct ssl_st *tls; /* owns; NULL: in the clear */
    bool is_spoiled;    /* something else than a handshake was sent for one */
    bool is_closed;     /* by the proxy */
    bool is_ready;      /* got a ReadyForQuery */
    bool is_in;         /* was told that it is logged in */
    unsigned num_errors;
    unsigned num_messages;
    size_t heard_len;
    uint8_t heard[HEARD_MAX]; /* and not looked at */
    size_t chunk_len;
    uint8_t chunk[CHUNK_MAX]; /* not sent yet */
};

/* ---- turns ---- */

static void turn(struct play *play)
{
    for (int i = 0; i < TURNS_EACH; i++) {
        model_proxy_turn(&play->proxy);
        model_server_accept(&play->server);
        for (size_t k = 0; k < MODEL_CONNECTIONS; k++) {
            if (k != play->held) {
                model_server_serve(&play->server, k, MESSAGES_MAX);
            }
        }
        (void)model_client_hear(&play->bystander, true);
    }
}

static void receive(struct play *play)
{
    while (!play->is_closed && play->heard_len < HEARD_MAX) {
        uint8_t *to = play->heard + play->heard_len;
        size_t cap = HEARD_MAX - play->heard_len;
        ssize_t len =
            play->tls != NULL ? model_tls_receive(play->tls, to, cap) : recv(play->fd, to, cap, 0);
        if (len < 0 && errno == EAGAIN) {
            return;
        }
        play->is_closed = len <= 0;
        play->heard_len += len > 0 ? (size_t)len : 0;
    }
}

static void forget_heard(struct play *play, size_t len)
{
    play->heard_len -= len;
    memmove(play->heard, play->heard + len, play->heard_len);
}

/* ---- what is heard ---- */

static void check_row(const struct play *play, struct slice body)
{
    uint16_t num_fields;
    struct slice fields;
    struct pg_value value;
    check(pg_data_row_decode(body, &num_fields, &fields) == PG_OK);
    check(num_fields == 1 && pg_value_next(&fields, &value) && value.bytes.len > 0);
    check(value.bytes.ptr[0] == '-' || value.bytes.ptr[0] == (uint8_t)play->judge.tenant);
}

static void take_message(struct play *play, const struct pg_frame *frame)
{
    struct reader r = reader_over(frame->body);
    switch (frame->type) {
    case 'R':
        play->is_in = play->is_in || reader_u32(&r) == 0;
        check(!play->is_in || (!play->kind->asks_proof && play->judge.tenant != '-'));
        break;
    case 'Z':
        check(play->is_in);
        play->is_ready = true;
        break;
    case 'E':
        play->num_errors++;
        break;
    case 'v':
        check(!play->is_in);
        break;
    default:
        check(play->is_in);
        if (frame->type == 'D') {
            check_row(play, frame->body);
        }
        break;
    }
}

static void take_messages(struct play *play)
{
    size_t taken = 0;
    struct pg_frame frame;
    while (pg_frame_next(slice_of(play->heard + taken, play->heard_len - taken), PG_SERVER,
                         PG_FRAME_LARGEST, &frame) == SCAN_DONE) {
        take_message(play, &frame);
        taken += frame.whole.len;
    }
    forget_heard(play, taken);
}

/* What is left after the letters: at most one error, whole, and the end. */
static void check_closed(struct play *play)
{
    check(play->is_closed);
    take_messages(play);
    check(play->heard_len == 0 && play->num_errors <= 1 && !play->is_in && !play->is_ready);
}

static void check_session(struct play *play)
{
    take_messages(play);
    check(play->heard_len == 0);
    if (play->judge.tenant == '-' && !play->kind->asks_proof) {
        check(play->is_closed && play->num_errors == 1 && !play->is_in);
    }
    if (play->judge.is_plain && !play->kind->asks_proof && play->num_messages == 0) {
        check(play->is_ready && play->num_errors == 0);
    }
}

/* In the clear after S there is TLS and nothing else. */
static void check_encrypts(const struct play *play)
{
    check(play->heard_len == 0 || play->heard[0] == TLS_ALERT || play->heard[0] == TLS_HANDSHAKE);
    check(play->heard_len < 2 || play->heard[1] == 3);
}

static void look(struct play *play, size_t num_answers_before)
{
    turn(play);
    receive(play);
    size_t due = play->judge.num_answers - num_answers_before;
    check(play->heard_len >= due &&
          memcmp(play->heard, play->judge.answers + num_answers_before, due) == 0);
    forget_heard(play, due);
    switch (play->judge.fate) {
    case START_WAITS:
        check(play->heard_len == 0 && !play->is_closed);
        return;
    case START_ENCRYPTS:
        check_encrypts(play);
        return;
    case START_CLOSED:
        check_closed(play);
        return;
    case START_SESSION:
        check_session(play);
        return;
    }
    check(false);
}

/* ---- what is said ---- */

static void flush_chunk(struct play *play)
{
    struct slice chunk = slice_of(play->chunk, play->chunk_len);
    size_t num_answers = play->judge.num_answers;
    play->chunk_len = 0;
    if (chunk.len == 0 || play->is_closed || play->num_messages == MESSAGES_MAX) {
        return;
    }
    play->num_messages += play->judge.fate == START_SESSION ? 1 : 0;
    play->is_spoiled = play->is_spoiled || play->judge.fate == START_ENCRYPTS;
    start_judge_hear(&play->judge, chunk);
    play->is_spoiled = play->is_spoiled || (play->judge.is_direct && play->tls == NULL);
    if (play->tls != NULL) {
        (void)model_tls_send(play->tls, chunk);
    } else {
        (void)send(play->fd, chunk.ptr, chunk.len, MSG_NOSIGNAL);
    }
    look(play, num_answers);
}

/* A session that the same piece goes on with may already be closed for that. */
static void note_tail(struct play *play, struct slice bytes)
{
    play->num_messages += play->chunk_len > 0 && bytes.len > 0 ? 1 : 0;
}

static void append(struct play *play, struct slice bytes)
{
    size_t room = CHUNK_MAX - play->chunk_len;
    struct slice fitting = bytes.len <= room ? bytes : slice_of(bytes.ptr, room);
    note_tail(play, fitting);
    if (fitting.len > 0) {
        memcpy(play->chunk + play->chunk_len, fitting.ptr, fitting.len);
        play->chunk_len += fitting.len;
    }
}

/* One well-formed packet, or almost. */
static void append_packet(struct play *play, uint8_t choice)
{
    uint8_t memory[START_MENU_MAX];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice packet;
    switch (choice) {
    case 0:
        start_menu_ssl(&w);
        break;
    case 1:
        start_menu_gssenc(&w);
        break;
    case 2:
    case 3:
        start_menu_startup(&w, reader_u8(&play->script));
        break;
    case 4:
        start_menu_cancel(&w, play->bystander.process_id, reader_u8(&play->script));
        break;
    default:
        start_menu_query(&w);
        break;
    }
    check(writer_done(&w, &packet));
    append(play, packet);
}

static void append_many(struct play *play, uint8_t byte, uint8_t count)
{
    uint8_t block[64];
    memset(block, byte, sizeof block);
    for (unsigned i = 0; i < count; i++) {
        append(play, slice_of(block, sizeof block));
    }
}

/* A real handshake, where one may begin; afterwards all goes through it. */
static void encrypt(struct play *play, enum model_tls_alpn alpn)
{
    static const uint8_t hello[] = {TLS_HANDSHAKE, 3, 1, 1};
    struct start_judge *judge = &play->judge;
    flush_chunk(play);
    bool may_begin = judge->fate == START_ENCRYPTS || judge->fate == START_WAITS;
    bool is_late = play->is_spoiled || play->is_closed || play->tls != NULL;
    if (!may_begin || judge->len > 0 || is_late) {
        return;
    }
    start_judge_hear(judge, slice_of(hello, sizeof hello));
    play->tls = model_tls_new(play->fd, alpn);
    int result = 0;
    for (unsigned i = 0; i < SHAKES_MAX && result == 0; i++) {
        result = model_tls_shake(play->tls);
        turn(play);
    }
    if (judge->fate != START_ENCRYPTS) { /* the listener does not encrypt, or said no before */
        check(result < 0);
        play->is_closed = true;
        return;
    }
    check(result == 1);
    start_judge_encrypted(judge, alpn == MODEL_TLS_POSTGRESQL);
}

static struct slice some_bytes(struct reader *script)
{
    size_t len = reader_u8(script);
    return reader_bytes(script, len < reader_left(script) ? len : reader_left(script));
}

/* The high bit: the next step's bytes go out together with these. */
static void step(struct play *play)
{
    struct reader *script = &play->script;
    uint8_t action = reader_u8(script);
    uint8_t choice = action & 15U;
    if (choice < 6) {
        append_packet(play, choice);
    } else if (choice == 6) {
        encrypt(play, (action & 16U) != 0 ? MODEL_TLS_NO_ALPN : MODEL_TLS_POSTGRESQL);
    } else if (choice == 7) {
        uint8_t byte = reader_u8(script);
        append_many(play, byte, reader_u8(script));
    } else {
        append(play, some_bytes(script));
    }
    if ((action & 128U) == 0) {
        flush_chunk(play);
    }
}

/* ---- from begin to end ---- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    check(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    check(chmod(path, S_IRUSR | S_IWUSR) == 0);
}

static char folder[] = "/tmp/ringfence-start-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[sizeof folder + 16];
    check(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    return path;
}

static void remove_folder(void)
{
    (void)unlink(path_of("cert"));
    (void)unlink(path_of("key"));
    (void)unlink(path_of("users"));
    (void)rmdir(folder);
}

/* Once a process: what the listeners read. */
static void make_folder(void)
{
    char cert[sizeof folder + 16];
    check(signal(SIGPIPE, SIG_IGN) != SIG_ERR && mkdtemp(folder) != NULL);
    check(atexit(remove_folder) == 0);
    memcpy(cert, path_of("cert"), sizeof cert);
    model_tls_write_certificate(cert, path_of("key"));
    write_file(path_of("users"), users);
}

/* It has asked, and waits for its answer: a cancel request that hits it makes the server abort. */
static void begin_bystander(struct play *play)
{
    play->held = MODEL_CONNECTIONS;
    model_client_open(&play->bystander, BYSTANDER, model_proxy_knock(&play->proxy, 0), 'g');
    turn(play);
    model_client_ask(&play->bystander, ASK_BEGIN, 0);
    turn(play);
    check(play->bystander.num_ready == 2 && play->bystander.has_key);
    for (size_t i = 0; i < MODEL_CONNECTIONS; i++) {
        play->held = play->server.connections[i].status == 'T' ? i : play->held;
    }
    check(play->held < MODEL_CONNECTIONS);
    model_client_ask(&play->bystander, ASK_ROWS, 0);
    turn(play);
}

static void end_bystander(struct play *play)
{
    check(play->bystander.num_ready == 2 && !play->bystander.is_closed);
    play->held = MODEL_CONNECTIONS;
    turn(play);
    check(play->bystander.num_ready == 3 && !play->bystander.is_closed);
}

static void begin(struct play *play)
{
    static char text[sizeof configuration + 16 * sizeof folder];
    check(snprintf(text, sizeof text, configuration, folder, folder, folder, folder, folder, folder,
                   folder, folder, folder) < (int)sizeof text);
    model_server_init(&play->server, path_of("server"));
    model_proxy_init(&play->proxy, text);
    begin_bystander(play);
    size_t kind = reader_u8(&play->script) % NUM_KINDS;
    play->kind = &kinds[kind];
    play->judge = (struct start_judge){.can_encrypt = kinds[kind].can_encrypt,
                                       .must_encrypt = kinds[kind].must_encrypt};
    play->fd = model_proxy_knock(&play->proxy, kind);
    play->tls = NULL;
    play->is_spoiled = play->is_closed = play->is_ready = play->is_in = false;
    play->num_errors = play->num_messages = 0;
    play->heard_len = play->chunk_len = 0;
}

static void end(struct play *play)
{
    model_tls_free(&play->tls);
    check(close(play->fd) == 0);
    turn(play);
    end_bystander(play);
    model_proxy_fini(&play->proxy);
    model_client_close(&play->bystander);
    model_server_fini(&play->server);
    check(unlink(path_of("server")) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct play play;
    static bool has_folder;
    log_configure(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    if (!has_folder) {
        make_folder();
        has_folder = true;
    }
    play.script = reader_over(slice_of(data, size));
    begin(&play);
    while (reader_left(&play.script) > 0) {
        step(&play);
    }
    flush_chunk(&play);
    end(&play);
    return 0;
}
