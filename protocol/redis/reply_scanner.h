/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the end of one server reply, RESP2 or RESP3, while its bytes stream through: nothing is
 * allocated per element and a bulk string of any size never has to be held. A reply is a tree; it
 * is walked with an explicit stack, one token (a line, with or without a body behind it) at a
 * time. Streamed aggregates and strings ("*?", "$?") are refused: no server sends them. */
#ifndef PROTOCOL_REDIS_REPLY_SCANNER_H
#define PROTOCOL_REDIS_REPLY_SCANNER_H

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/scan.h"

#define REPLY_DEPTH_CAP    32                 /* aggregates within aggregates */
#define REPLY_ELEMENTS_CAP ((int64_t)1 << 32) /* of one aggregate; only counted, never stored */
#define REPLY_BULK_LEN_CAP ((int64_t)1 << 40) /* bytes of one string; only skipped, never held */
#define REPLY_LINE_LEN_CAP ((size_t)64 << 10) /* 64 KiB: simple strings, errors, big numbers */

struct reply_scanner {
    /* private */
    uint64_t left[REPLY_DEPTH_CAP]; /* elements to come, per open aggregate */
    uint64_t seen[REPLY_DEPTH_CAP]; /* elements begun, per open aggregate */
    uint64_t body_left;             /* bytes of the current string to come, its CR LF included */
    size_t line_searched;           /* bytes of an unfinished line known to hold no CR */
    uint32_t depth;
    bool has_value; /* a value began at the top: attributes alone are no reply */
};

struct reply_token {
    uint8_t type;      /* the RESP type byte */
    bool is_null;      /* "$-1", "*-1" or "_" */
    uint32_t level;    /* 0: the reply itself, 1: its elements, ... */
    uint64_t index;    /* among its siblings; keys and values of a map count one by one */
    size_t line_len;   /* bytes of the line, CR LF included: the caller consumes them */
    uint64_t body_len; /* bytes of the string behind the line, without its CR LF; 0 otherwise */
};

/* Makes s ready for the next reply. */
void reply_scanner_reset(struct reply_scanner *s);

/* The whole reply has been consumed. */
bool reply_scanner_done(const struct reply_scanner *s);

/* Reads the token at the start of input. To be called when not done and no body is pending.
 * SCAN_MORE consumes nothing and remembers what it has looked at. */
MUST_USE enum scan_status reply_scanner_token(struct reply_scanner *s, struct slice input,
                                              struct reply_token *out);

/* How many bytes at the start of input belong to the pending body, CR LF included, and counts
 * them as consumed. SCAN_MORE while some are still to come; SCAN_BAD if the CR LF is none. */
MUST_USE enum scan_status reply_scanner_body(struct reply_scanner *s, struct slice input,
                                             size_t *out_len);

/* Both of the above until the reply ends: *out_len bytes at the start of input are part of it and
 * consumed, whether the answer is SCAN_DONE or SCAN_MORE. */
MUST_USE enum scan_status reply_scan(struct reply_scanner *s, struct slice input, size_t *out_len);

#endif
