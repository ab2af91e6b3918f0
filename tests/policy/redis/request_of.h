/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests for tests, written as one would type them. */
#ifndef TESTS_POLICY_REDIS_REQUEST_OF_H
#define TESTS_POLICY_REDIS_REQUEST_OF_H

#include "protocol/redis/request_scanner.h"

#define TYPED_CAP 4096

struct typed {
    uint8_t frame[TYPED_CAP];
    struct slice words[256];
    struct request request; /* borrows the two above */
};

/* Makes a request of the words of text, which single spaces separate; text must outlive it. */
void type_request(struct typed *typed, const char *text);

/* The words of a frame, joined by single spaces and ended by a NUL. */
void show_request(struct slice frame, char out[TYPED_CAP]);

#endif
