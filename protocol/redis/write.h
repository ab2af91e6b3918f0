/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes RESP, requests and replies. Where the two versions differ the caller says which the
 * client speaks. Text of errors and simple strings is made safe: CR and LF become spaces. */
#ifndef PROTOCOL_REDIS_WRITE_H
#define PROTOCOL_REDIS_WRITE_H

#include "protocol/bytes.h"
#include "protocol/writer.h"

enum resp_version { RESP_2 = 2, RESP_3 = 3 };

/* "+text" and "-text". */
void resp_write_simple(struct writer *w, struct slice text);
void resp_write_error(struct writer *w, struct slice text);

/* ":value". */
void resp_write_integer(struct writer *w, int64_t value);

/* "$len" and the bytes. */
void resp_write_bulk(struct writer *w, struct slice bytes);

/* The line in front of num_elements values, of num_pairs pairs (an array in RESP2), of
 * num_elements distinct values (an array in RESP2). */
void resp_write_array(struct writer *w, size_t num_elements);
void resp_write_map(struct writer *w, size_t num_pairs, enum resp_version version);
void resp_write_set(struct writer *w, size_t num_elements, enum resp_version version);

/* Null. */
void resp_write_null(struct writer *w, enum resp_version version);

/* A length or count line alone, "<type><value>": for a body that is written piecemeal. */
void resp_write_line(struct writer *w, uint8_t type, size_t value);

/* A whole request. */
void resp_write_request(struct writer *w, const struct slice *args, size_t num_args);

#endif
