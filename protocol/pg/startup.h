/* SPDX-License-Identifier: Apache-2.0
 *
 * The packets that may open a connection (PG docs, Message Formats: StartupMessage, SSLRequest,
 * GSSENCRequest, CancelRequest). Decoded once, before anything about the peer is known. */
#ifndef PROTOCOL_PG_STARTUP_H
#define PROTOCOL_PG_STARTUP_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/status.h"

/* Settings one packet may carry. Drivers send fewer than twenty; comparing each with each for
 * duplicates must stay cheap before login. */
#define PG_STARTUP_MAX_SETTINGS 256

/* Cancel keys: 4 bytes in protocol 3.0, up to 256 since 3.2. */
#define PG_CANCEL_KEY_MIN 4
#define PG_CANCEL_KEY_MAX 256

enum pg_startup_kind {
    PG_STARTUP_SESSION,       /* protocol 3, any minor version */
    PG_STARTUP_SSL,           /* answer one byte, S or N */
    PG_STARTUP_GSSENC,        /* answer one byte, N */
    PG_STARTUP_CANCEL,        /* answer nothing, ever */
    PG_STARTUP_OTHER_VERSION, /* another major version: only major and minor are set */
};

struct pg_startup {
    enum pg_startup_kind kind;
    uint16_t major;
    uint16_t minor;
    struct slice settings;   /* SESSION: for pg_setting_next; borrows the body */
    struct slice user;       /* SESSION: never empty */
    struct slice database;   /* SESSION: the user's name where none was given */
    struct slice options;    /* SESSION: empty where none was given; for pg_option_next */
    uint32_t process_id;     /* CANCEL */
    struct slice cancel_key; /* CANCEL */
};

/* Decodes what follows the length of a startup packet. Malformed also: no user, a name that is
 * empty or given twice, more than PG_STARTUP_MAX_SETTINGS of them. */
MUST_USE enum pg_status pg_startup_decode(struct slice body, struct pg_startup *out);

struct pg_setting {
    struct slice name;  /* never empty */
    struct slice value; /* may be empty */
};

/* Takes the next setting off *settings, which begins as pg_startup.settings; false at the end. */
bool pg_setting_next(struct slice *settings, struct pg_setting *out);

enum pg_option_step {
    PG_OPTION_END,
    PG_OPTION_SETTING,
    PG_OPTION_MALFORMED, /* not `-c name=value` nor `--name=value`, or an empty name */
};

/* Takes the next setting off *options, the value of the `options` setting, split and unescaped
 * as PostgreSQL's pg_split_opts does; a dash in a name becomes an underscore. The answer lies in
 * *scratch, which begins as memory of options.len bytes and moves on with the options. */
MUST_USE enum pg_option_step pg_option_next(struct slice *options, uint8_t **scratch,
                                            struct pg_setting *out);

#endif
