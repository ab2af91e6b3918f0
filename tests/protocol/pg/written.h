/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs message writers against expected bytes: the same bytes, the same count when measuring, and
 * failure without a byte past the end in every shorter memory. */
#ifndef TESTS_PROTOCOL_PG_WRITTEN_H
#define TESTS_PROTOCOL_PG_WRITTEN_H

#include <stddef.h>

#include "protocol/writer.h"

#define BYTES(text) text, sizeof(text) - 1

typedef void write_fn(struct writer *w);

struct written_case {
    write_fn *write;
    const char *bytes;
    size_t len;
};

/* Fails the running test, naming the case's number, when one of them writes otherwise. */
void check_written_cases(const struct written_case *cases, size_t num_cases);

/* Fails the running test when this can be written in any memory. */
void check_never_written(write_fn *write);

#endif
