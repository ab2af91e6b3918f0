/* SPDX-License-Identifier: Apache-2.0
 *
 * The state that Redis keeps per connection and that cannot live on a shared link: protocol
 * version, name, and the commands that ask for or change it. Values in, reply out; who a client
 * is gets decided elsewhere. */
#ifndef POLICY_REDIS_CLIENT_H
#define POLICY_REDIS_CLIENT_H

#include "policy/redis/decide.h"
#include "protocol/redis/write.h"

#define REDIS_CLIENT_NAME_CAP ((size_t)64)

struct redis_client {
    /* private */
    uint64_t id;
    enum resp_version version;
    size_t name_len;
    uint8_t name[REDIS_CLIENT_NAME_CAP];
};

/* What AUTH or HELLO .. AUTH presents, and what HELLO wants changed when that is accepted. */
struct redis_login {
    struct slice user; /* borrows the request, as the others; "default" if none was given */
    struct slice password;
    bool has_credentials; /* false: HELLO without AUTH */
    bool is_hello;
    enum resp_version version;
    bool has_name;
    struct slice name;
};

enum redis_local_next {
    REDIS_LOCAL_DONE,  /* the reply is written */
    REDIS_LOCAL_CLOSE, /* the reply is written; the connection ends with it */
    REDIS_LOCAL_LOGIN, /* nothing is written: judge *out_login, then admit or refuse */
    REDIS_LOCAL_RESET, /* the reply is written; the client is as new, log it out */
};

/* A client that speaks RESP2 and has no name. */
void redis_client_init(struct redis_client *c, uint64_t id);

enum resp_version redis_client_version(const struct redis_client *c);

/* At most this many bytes are the answer to a REDIS_LOCAL request. */
size_t redis_client_answer_cap(const struct request *request, enum redis_command_id id);

/* Answers a REDIS_LOCAL request other than MULTI, EXEC, DISCARD and the COMMAND family. */
enum redis_local_next redis_client_answer(struct redis_client *c, const struct request *request,
                                          enum redis_command_id id, struct writer *w,
                                          struct redis_login *out_login);

/* The login was accepted: applies what HELLO asked for and writes the reply. */
void redis_client_admit(struct redis_client *c, const struct redis_login *login, struct writer *w);

#endif
