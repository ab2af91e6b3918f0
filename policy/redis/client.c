/* SPDX-License-Identifier: Apache-2.0
 *
 * Connection commands, answered as Redis 7.0 answers them. INFO and CONFIG GET give a small fixed
 * set that client libraries look at, and nothing of the server's: its key counts, clients and
 * memory are those of all tenants together. */
#include "policy/redis/client.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/check.h"
#include "protocol/redis/resp_line.h"

#define ANSWER_CAP ((size_t)2048) /* bytes of the largest fixed answer, INFO, with room */

typedef enum redis_local_next answer_fn(struct redis_client *c, const struct request *request,
                                        struct writer *w, struct redis_login *out_login);

void redis_client_init(struct redis_client *c, uint64_t id)
{
    *c = (struct redis_client){.id = id, .version = RESP_2};
}

enum resp_version redis_client_version(const struct redis_client *c)
{
    return c->version;
}

size_t redis_client_answer_cap(const struct request *request, enum redis_command_id id)
{
    bool is_echo = id == REDIS_PING || id == REDIS_ECHO;
    return ANSWER_CAP + (is_echo ? request->frame.len : 0);
}

static void write_ok(struct writer *w)
{
    resp_write_simple(w, slice_text("OK"));
}

static enum redis_local_next fail(struct writer *w, const char *error)
{
    resp_write_error(w, slice_text(error));
    return REDIS_LOCAL_DONE;
}

static bool is_word(struct slice arg, const char *word)
{
    size_t len = strlen(word);
    return arg.len == len && strncasecmp((const char *)arg.ptr, word, len) == 0;
}

static enum redis_local_next answer_ok(struct redis_client *c, const struct request *request,
                                       struct writer *w, struct redis_login *out_login)
{
    (void)c, (void)request, (void)out_login;
    write_ok(w);
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_ping(struct redis_client *c, const struct request *request,
                                         struct writer *w, struct redis_login *out_login)
{
    (void)c, (void)out_login;
    if (request->num_args > 2) {
        return fail(w, "ERR wrong number of arguments for 'ping' command");
    }
    if (request->num_args == 2) {
        resp_write_bulk(w, request->args[1]);
    } else {
        resp_write_simple(w, slice_text("PONG"));
    }
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_echo(struct redis_client *c, const struct request *request,
                                         struct writer *w, struct redis_login *out_login)
{
    (void)c, (void)out_login;
    resp_write_bulk(w, request->args[1]);
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_quit(struct redis_client *c, const struct request *request,
                                         struct writer *w, struct redis_login *out_login)
{
    (void)c, (void)request, (void)out_login;
    write_ok(w);
    return REDIS_LOCAL_CLOSE;
}

static enum redis_local_next answer_reset(struct redis_client *c, const struct request *request,
                                          struct writer *w, struct redis_login *out_login)
{
    (void)request, (void)out_login;
    redis_client_init(c, c->id);
    resp_write_simple(w, slice_text("RESET"));
    return REDIS_LOCAL_RESET;
}

/* A tenant has one database, number 0. */
static enum redis_local_next answer_select(struct redis_client *c, const struct request *request,
                                           struct writer *w, struct redis_login *out_login)
{
    (void)c, (void)out_login;
    int64_t database = 0;
    if (!resp_parse_integer(request->args[1], &database)) {
        return fail(w, "ERR value is not an integer or out of range");
    }
    if (database != 0) {
        return fail(w, "ERR DB index is out of range");
    }
    write_ok(w);
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_no_cluster(struct redis_client *c,
                                               const struct request *request, struct writer *w,
                                               struct redis_login *out_login)
{
    (void)c, (void)request, (void)out_login;
    return fail(w, "ERR This instance has cluster support disabled");
}

/* Text that RESP3 marks as such. */
static void write_verbatim(const struct redis_client *c, struct writer *w, const char *text)
{
    if (c->version == RESP_2) {
        resp_write_bulk(w, slice_text(text));
        return;
    }
    resp_write_line(w, '=', strlen(text) + 4);
    writer_bytes(w, slice_text("txt:"));
    writer_bytes(w, slice_text(text));
    writer_bytes(w, slice_text("\r\n"));
}

static enum redis_local_next answer_info(struct redis_client *c, const struct request *request,
                                         struct writer *w, struct redis_login *out_login)
{
    (void)request, (void)out_login;
    char text[ANSWER_CAP / 2];
    int len = snprintf(text, sizeof text,
                       "# Server\r\nredis_version:%s\r\nredis_mode:standalone\r\narch_bits:64\r\n"
                       "\r\n# Clients\r\nconnected_clients:1\r\nblocked_clients:0\r\n"
                       "\r\n# Persistence\r\nloading:0\r\nasync_loading:0\r\n"
                       "\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"
                       "\r\n# Cluster\r\ncluster_enabled:0\r\n"
                       "\r\n# Keyspace\r\n",
                       redis_commands_version);
    check(len > 0 && (size_t)len < sizeof text);
    write_verbatim(c, w, text);
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_config_get(struct redis_client *c,
                                               const struct request *request, struct writer *w,
                                               struct redis_login *out_login)
{
    (void)out_login;
    static const char *const settings[][2] = {
        {"appendonly", "no"},           {"databases", "1"}, {"maxmemory", "0"},
        {"notify-keyspace-events", ""}, {"save", ""},       {"timeout", "0"},
    };
    enum { NUM = sizeof settings / sizeof settings[0] };
    bool is_wanted[NUM] = {false};
    size_t num_wanted = 0;
    for (size_t i = 0; i < NUM; i++) {
        for (size_t j = 2; j < request->num_args && !is_wanted[i]; j++) {
            is_wanted[i] =
                is_word(request->args[j], settings[i][0]) || is_word(request->args[j], "*");
        }
        num_wanted += is_wanted[i] ? 1 : 0;
    }
    resp_write_map(w, num_wanted, c->version);
    for (size_t i = 0; i < NUM; i++) {
        if (is_wanted[i]) {
            resp_write_bulk(w, slice_text(settings[i][0]));
            resp_write_bulk(w, slice_text(settings[i][1]));
        }
    }
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_client_id(struct redis_client *c, const struct request *request,
                                              struct writer *w, struct redis_login *out_login)
{
    (void)request, (void)out_login;
    resp_write_integer(w, (int64_t)c->id);
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_client_getname(struct redis_client *c,
                                                   const struct request *request, struct writer *w,
                                                   struct redis_login *out_login)
{
    (void)request, (void)out_login;
    if (c->name_len == 0) {
        resp_write_null(w, c->version);
    } else {
        resp_write_bulk(w, slice_of(c->name, c->name_len));
    }
    return REDIS_LOCAL_DONE;
}

/* Why the name cannot be taken, or NULL. */
static const char *name_error(struct slice name)
{
    if (name.len > REDIS_CLIENT_NAME_CAP) {
        return "ERR Client names cannot be longer than 64 bytes here";
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < '!' || name.ptr[i] > '~') {
            return "ERR Client names cannot contain spaces, newlines or special characters.";
        }
    }
    return NULL;
}

static void set_name(struct redis_client *c, struct slice name)
{
    check(name.len <= sizeof c->name);
    if (name.len > 0) {
        memcpy(c->name, name.ptr, name.len);
    }
    c->name_len = name.len;
}

static enum redis_local_next answer_client_setname(struct redis_client *c,
                                                   const struct request *request, struct writer *w,
                                                   struct redis_login *out_login)
{
    (void)out_login;
    const char *error = name_error(request->args[2]);
    if (error != NULL) {
        return fail(w, error);
    }
    set_name(c, request->args[2]);
    write_ok(w);
    return REDIS_LOCAL_DONE;
}

/* The fields of a real server's line, in its order; those about sockets and memory say nothing. */
static enum redis_local_next answer_client_info(struct redis_client *c,
                                                const struct request *request, struct writer *w,
                                                struct redis_login *out_login)
{
    (void)request, (void)out_login;
    char text[ANSWER_CAP / 2];
    int len = snprintf(
        text, sizeof text,
        "id=%llu addr=?:0 laddr=?:0 fd=0 name=%.*s age=0 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 "
        "multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 "
        "tot-mem=0 events=r cmd=client|info user=default redir=-1 resp=%d\n",
        (unsigned long long)c->id, (int)c->name_len, (const char *)c->name, (int)c->version);
    check(len > 0 && (size_t)len < sizeof text);
    write_verbatim(c, w, text);
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_client_no_evict(struct redis_client *c,
                                                    const struct request *request, struct writer *w,
                                                    struct redis_login *out_login)
{
    (void)c, (void)out_login;
    if (!is_word(request->args[2], "on") && !is_word(request->args[2], "off")) {
        return fail(w, "ERR syntax error");
    }
    write_ok(w);
    return REDIS_LOCAL_DONE;
}

static enum redis_local_next answer_auth(struct redis_client *c, const struct request *request,
                                         struct writer *w, struct redis_login *out_login)
{
    (void)c;
    if (request->num_args > 3) {
        return fail(w, "ERR syntax error");
    }
    bool has_user = request->num_args == 3;
    out_login->has_credentials = true;
    out_login->user = has_user ? request->args[1] : slice_text("default");
    out_login->password = request->args[has_user ? 2 : 1];
    return REDIS_LOCAL_LOGIN;
}

static enum redis_local_next answer_hello(struct redis_client *c, const struct request *request,
                                          struct writer *w, struct redis_login *out_login)
{
    out_login->is_hello = true;
    out_login->version = c->version;
    if (request->num_args >= 2) {
        int64_t version = 0;
        if (!resp_parse_integer(request->args[1], &version)) {
            return fail(w, "ERR Protocol version is not an integer or out of range");
        }
        if (version != RESP_2 && version != RESP_3) {
            return fail(w, "NOPROTO unsupported protocol version");
        }
        out_login->version = version == RESP_3 ? RESP_3 : RESP_2;
    }
    for (size_t i = 2; i < request->num_args;) {
        size_t num_behind = request->num_args - i - 1;
        if (is_word(request->args[i], "auth") && num_behind >= 2) {
            out_login->has_credentials = true;
            out_login->user = request->args[i + 1];
            out_login->password = request->args[i + 2];
            i += 3;
        } else if (is_word(request->args[i], "setname") && num_behind >= 1) {
            out_login->has_name = true;
            out_login->name = request->args[i + 1];
            i += 2;
        } else {
            return fail(w, "ERR Syntax error in HELLO option");
        }
    }
    const char *error = out_login->has_name ? name_error(out_login->name) : NULL;
    return error != NULL ? fail(w, error) : REDIS_LOCAL_LOGIN;
}

static void write_hello(const struct redis_client *c, struct writer *w)
{
    resp_write_map(w, 7, c->version);
    resp_write_bulk(w, slice_text("server"));
    resp_write_bulk(w, slice_text("redis"));
    resp_write_bulk(w, slice_text("version"));
    resp_write_bulk(w, slice_text(redis_commands_version));
    resp_write_bulk(w, slice_text("proto"));
    resp_write_integer(w, (int64_t)c->version);
    resp_write_bulk(w, slice_text("id"));
    resp_write_integer(w, (int64_t)c->id);
    resp_write_bulk(w, slice_text("mode"));
    resp_write_bulk(w, slice_text("standalone"));
    resp_write_bulk(w, slice_text("role"));
    resp_write_bulk(w, slice_text("master"));
    resp_write_bulk(w, slice_text("modules"));
    resp_write_array(w, 0);
}

void redis_client_admit(struct redis_client *c, const struct redis_login *login, struct writer *w)
{
    if (!login->is_hello) {
        write_ok(w);
        return;
    }
    c->version = login->version;
    if (login->has_name) {
        set_name(c, login->name);
    }
    write_hello(c, w);
}

enum redis_local_next redis_client_answer(struct redis_client *c, const struct request *request,
                                          enum redis_command_id id, struct writer *w,
                                          struct redis_login *out_login)
{
    static answer_fn *const answers[REDIS_NUM_COMMANDS] = {
        [REDIS_AUTH] = answer_auth,
        [REDIS_CLIENT_GETNAME] = answer_client_getname,
        [REDIS_CLIENT_ID] = answer_client_id,
        [REDIS_CLIENT_INFO] = answer_client_info,
        [REDIS_CLIENT_NO_EVICT] = answer_client_no_evict,
        [REDIS_CLIENT_SETNAME] = answer_client_setname,
        [REDIS_CONFIG_GET] = answer_config_get,
        [REDIS_ECHO] = answer_echo,
        [REDIS_HELLO] = answer_hello,
        [REDIS_INFO] = answer_info,
        [REDIS_PING] = answer_ping,
        [REDIS_QUIT] = answer_quit,
        [REDIS_READONLY] = answer_no_cluster,
        [REDIS_READWRITE] = answer_no_cluster,
        [REDIS_RESET] = answer_reset,
        [REDIS_SELECT] = answer_select,
        [REDIS_UNWATCH] = answer_ok,
    };
    check((unsigned)id < REDIS_NUM_COMMANDS && answers[id] != NULL);
    *out_login = (struct redis_login){.has_credentials = false};
    return answers[id](c, request, w, out_login);
}
