/* SPDX-License-Identifier: Apache-2.0
 *
 * Test inputs whose last byte touches an unreadable page: one byte read too far ends the test. */
#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H

#include "protocol/bytes.h"

/* A copy of len bytes that ends at an unreadable page. Release with guarded_free. */
struct slice guarded_copy(const void *bytes, size_t len);

/* Releases a copy from guarded_copy. */
void guarded_free(struct slice copy);

#endif
