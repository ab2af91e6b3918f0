/* SPDX-License-Identifier: Apache-2.0
 *
 * An error of the proxy's own that answers one message of a client. A copy, because it may have
 * to wait for its turn longer than the plan it came from lives. */
#ifndef PROXY_PG_REFUSAL_H
#define PROXY_PG_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/writer.h"

struct sql_refusal;

/* The longest text that is kept; longer ones are cut. */
#define REFUSAL_TEXT_MAX ((size_t)1024)

struct refusal {
    char sqlstate[6];
    int32_t position; /* characters into the client's text; 0: none */
    char *message;    /* owns, as the next two */
    char *detail;
    char *hint;
};

/* Copies; the caller owns the answer. */
struct refusal *refusal_copy(const struct sql_refusal *source);

/* One that names something of the client's: message may hold one %s, for name. */
struct refusal *refusal_new(const char *sqlstate, const char *message, struct slice name);

/* Releases it and clears the pointer; NULL is fine. */
void refusal_free(struct refusal **refusal);

/* Room that refusal_write needs at most. */
size_t refusal_room(const struct refusal *refusal);

/* Appends an ErrorResponse. */
void refusal_write(const struct refusal *refusal, struct writer *w);

#endif
