/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds one client request, a RESP array of bulk strings, in bytes that arrive piece by piece.
 *
 *     *2\r\n $3\r\nGET\r\n $3\r\nkey\r\n
 *
 * Inline commands are not taken: a request line that another protocol's client could send (HTTP
 * POST bodies have been used so) is refused with its first byte. */
#ifndef PROTOCOL_REDIS_REQUEST_SCANNER_H
#define PROTOCOL_REDIS_REQUEST_SCANNER_H

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/scan.h"

/* What Redis itself allows before a client has logged in. */
#define REQUEST_LOGIN_ARGS_CAP      10
#define REQUEST_LOGIN_BULK_LEN_CAP  ((size_t)16 << 10) /* 16 KiB */
#define REQUEST_LOGIN_TOTAL_LEN_CAP ((size_t)64 << 10) /* four such arguments with their lines */

struct request_limits {
    size_t max_args;
    size_t max_bulk_len;  /* bytes of one argument */
    size_t max_total_len; /* bytes of the whole request */
    bool is_login;        /* words the errors as Redis does before login */
};

/* The arguments of the last request found; one per worker serves all its sessions. */
struct request_args {
    /* private */
    struct slice *items; /* owns; at most max_args of them */
    size_t cap;
};

/* Releases the array. Accepts a zeroed one. */
void request_args_fini(struct request_args *args);

/* Where in the current request the scan stands. Zeroed: at its start. */
struct request_scanner {
    /* private */
    size_t position; /* bytes understood so far */
    size_t num_expected;
    size_t num_seen;
};

struct request {
    struct slice frame;       /* borrows input: the request's bytes, to be consumed by the caller */
    const struct slice *args; /* borrows the request_args, until the next scan with them */
    size_t num_args;          /* 0: a frame Redis answers nothing to ("*0", "*-1"): drop it */
    const char *error;        /* SCAN_BAD: Redis' words, to follow "ERR Protocol error: " */
};

/* Looks for one whole request at the start of input, which must begin with the bytes shown before
 * while the answer was SCAN_MORE (they may have moved). On SCAN_DONE the scanner is at the start
 * of the next request. Total work is linear in the bytes however they are split. */
MUST_USE enum scan_status request_scan(struct request_scanner *s, struct slice input,
                                       const struct request_limits *limits,
                                       struct request_args *args, struct request *out);

#endif
