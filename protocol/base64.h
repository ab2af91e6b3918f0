/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 (RFC 4648, section 4) as SCRAM and stored verifiers use it: with padding, and strict, so
 * that every byte string has exactly one text. */
#ifndef PROTOCOL_BASE64_H
#define PROTOCOL_BASE64_H

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/writer.h"

/* Characters that len bytes take. */
#define BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Appends bytes in base64 to w. */
void base64_write(struct writer *w, struct slice bytes);

/* Decodes text into out, which has room for cap bytes. False, and *out_len is 0: not base64, not
 * its shortest form, padding missing, or more than cap bytes. */
MUST_USE bool base64_decode(struct slice text, uint8_t *out, size_t cap, size_t *out_len);

#endif
