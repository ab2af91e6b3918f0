/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 of RFC 4648 section 4, with padding, strict: one text for each value. Not constant time:
 * for what crosses the wire in the open anyway. */
#ifndef PROTOCOL_BASE64_H
#define PROTOCOL_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/writer.h"

/* Characters that len bytes become. */
#define BASE64_LEN(len) (((size_t)(len) + 2) / 3 * 4)

/* Appends the text of bytes. */
void base64_write(struct writer *w, struct slice bytes);

/* Decodes text into cap bytes at out; false for anything but a canonical text that fits. */
MUST_USE bool base64_decode(struct slice text, uint8_t *out, size_t cap, size_t *out_len);

#endif
