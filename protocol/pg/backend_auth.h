/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of the messages a server sends while a client logs in (PG docs, Message Flow: Start-up).
 * This is where a hostile or impersonated server speaks first: every optional part may be absent,
 * every length is capped by its message. */
#ifndef PROTOCOL_PG_BACKEND_AUTH_H
#define PROTOCOL_PG_BACKEND_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/status.h"

#define PG_MD5_SALT_LEN 4

/* 'R' Authentication*: the code decides what data is. */
enum pg_auth_code {
    PG_AUTH_OK = 0,
    PG_AUTH_CLEARTEXT = 3,
    PG_AUTH_MD5 = 5,            /* data: salt, PG_MD5_SALT_LEN bytes */
    PG_AUTH_SASL = 10,          /* data: for pg_mechanism_next */
    PG_AUTH_SASL_CONTINUE = 11, /* data: server-first message */
    PG_AUTH_SASL_FINAL = 12,    /* data: server-final message */
    PG_AUTH_OTHER = -1,         /* Kerberos, GSS, SSPI and what may come: not spoken here */
};
struct pg_auth {
    enum pg_auth_code code;
    struct slice data;
};
MUST_USE enum pg_status pg_auth_decode(struct slice body, struct pg_auth *out);

/* Takes the next mechanism name off the data of PG_AUTH_SASL; false at the end. */
bool pg_mechanism_next(struct slice *mechanisms, struct slice *out_name);

/* 'K' BackendKeyData. The key is 4 bytes before protocol 3.2 and up to 256 since. */
struct pg_key_data {
    uint32_t process_id;
    struct slice key;
};
MUST_USE enum pg_status pg_key_data_decode(struct slice body, struct pg_key_data *out);

/* 'v' NegotiateProtocolVersion: what the server speaks instead, and options it does not know. */
struct pg_negotiate {
    uint32_t newest_version;
    uint32_t num_options;
    struct slice options; /* NUL-terminated names, num_options of them */
};
MUST_USE enum pg_status pg_negotiate_decode(struct slice body, struct pg_negotiate *out);

#endif
