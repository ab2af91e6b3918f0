/* SPDX-License-Identifier: Apache-2.0
 *
 * What every decoder of a whole body owes: good bodies pass, each truncation of one is malformed,
 * a byte behind one is malformed, and bad bodies are malformed. All end at a guard page. */
#ifndef TESTS_PROTOCOL_PG_DECODER_CASES_H
#define TESTS_PROTOCOL_PG_DECODER_CASES_H

#include <stddef.h>

#include "protocol/bytes.h"
#include "protocol/pg/status.h"

#define BYTES(text) text, sizeof(text) - 1

typedef enum pg_status decode_fn(struct slice body);

struct decoder_case {
    decode_fn *decode;
    const char *body;
    size_t len;
    enum pg_status status;
};

/* Fails the running test, naming the case's number, when one of them is judged otherwise. */
void check_decoder_cases(const struct decoder_case *cases, size_t num_cases);

#endif
