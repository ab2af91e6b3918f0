/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines RESP is made of: a type byte, text, CR LF (Redis docs, "RESP protocol description"). */
#ifndef PROTOCOL_REDIS_RESP_LINE_H
#define PROTOCOL_REDIS_RESP_LINE_H

#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/scan.h"

/* The most bytes a length line can have: type, sign, 19 digits of an int64, CR LF. */
#define RESP_LENGTH_LINE_CAP ((size_t)1 + 1 + 19 + 2)

struct resp_length {
    int64_t value;
    size_t line_len; /* bytes, from the type byte to the LF */
};

/* Reads the line "<type><integer>\r\n" at the start of input; the type byte is not looked at. As
 * strict as Redis (string2ll) and more: no plus sign, no leading zero, no "-0", no space, nothing
 * outside an int64, and the LF must be there. Looks at RESP_LENGTH_LINE_CAP bytes at most. */
enum scan_status resp_length_scan(struct slice input, struct resp_length *out);

/* Reads all of text as such an integer: the form in which Redis takes numbers in arguments. */
bool resp_parse_integer(struct slice text, int64_t *out);

#endif
