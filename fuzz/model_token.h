/* SPDX-License-Identifier: Apache-2.0
 *
 * What tells whose answer it is that a client got. A token stands in the text of a statement; the
 * model server answers with the token of the statement it ran. It carries bytes that are drawn
 * once a process and are in no input, so that no script can forge one. */
#ifndef FUZZ_MODEL_TOKEN_H
#define FUZZ_MODEL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

#define TOKEN_LEN     ((size_t)28)
#define TOKEN_CLIENTS 16U /* that it can tell apart */

struct token {
    unsigned client;
    uint32_t number; /* counted up by the client */
};

/* Writes TOKEN_LEN characters. number: below 2^32; client: below TOKEN_CLIENTS. */
void token_write(struct token token, char out[TOKEN_LEN]);

/* The first token in text; false when there is none. *out_rest is what follows it. */
bool token_find(struct slice text, struct token *out, struct slice *out_rest);

/* Whether word stands in text. */
bool text_has(struct slice text, const char *word);

#endif
