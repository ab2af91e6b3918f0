/* SPDX-License-Identifier: Apache-2.0
 *
 * Well-formed packets of a client that begins, and some that are almost. */
#ifndef FUZZ_START_MENU_H
#define FUZZ_START_MENU_H

#include <stdint.h>

#include "protocol/writer.h"

/* Bytes that one of them has at most. */
#define START_MENU_MAX ((size_t)256)

void start_menu_ssl(struct writer *w);
void start_menu_gssenc(struct writer *w);

/* detail: its low three bits choose the user, the others what else is in it. */
void start_menu_startup(struct writer *w, uint8_t detail);

/* With a key that is a guess. */
void start_menu_cancel(struct writer *w, uint32_t process_id, uint8_t detail);

/* For rows of the session's tenant. */
void start_menu_query(struct writer *w);

#endif
