/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar SCRAM's messages share (RFC 5802 section 7): attributes `x=value` between commas. */
#ifndef PROTOCOL_PG_SCRAM_TEXT_H
#define PROTOCOL_PG_SCRAM_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

/* Longest nonce of one side or of both together. Servers and clients use 24 characters each. */
#define SCRAM_NONCE_MAX 256

/* Longest message of the exchange that is taken. */
#define SCRAM_MESSAGE_MAX 1024

/* Takes the attribute that *left begins with, and the comma behind it, which must not be the last
 * byte. False, and nothing is taken, where it is not `name=value` with a value free of NULs. */
MUST_USE bool scram_take(struct slice *left, uint8_t name, struct slice *out_value);

/* Whether text is a nonce: 1 to SCRAM_NONCE_MAX printable ASCII characters, no comma. */
bool scram_is_nonce(struct slice text);

/* The number that text spells in decimal digits, no sign and no leading zero; 0 for any other text
 * and for numbers above INT32_MAX. */
uint32_t scram_number(struct slice text);

#endif
