/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server reported by ParameterStatus, in the order it came: what a client is told at login.
 * Bounded: a server that reports more than it can mean is not believed. */
#ifndef PROXY_PG_SERVER_PARAMETERS_H
#define PROXY_PG_SERVER_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define SERVER_PARAMETERS_MAX      ((size_t)64)   /* PostgreSQL 18 reports 16 */
#define SERVER_PARAMETER_BYTES_MAX ((size_t)4096) /* of one name and value */

struct server_parameter {
    char *name;
    char *value;
};

/* A zeroed one is empty. */
struct server_parameters {
    struct server_parameter items[SERVER_PARAMETERS_MAX]; /* owns the texts */
    size_t num_items;
};

/* Sets one. False when it is too large or there are too many. */
MUST_USE bool server_parameters_set(struct server_parameters *p, struct slice name,
                                    struct slice value);

/* The value of that name, or NULL. Borrows. */
const char *server_parameters_find(const struct server_parameters *p, const char *name);

/* Makes *to what from is. */
void server_parameters_copy(const struct server_parameters *from, struct server_parameters *to);

void server_parameters_fini(struct server_parameters *p);

enum server_parameter_verdict {
    SERVER_PARAMETER_FINE,
    SERVER_PARAMETER_WRONG, /* contradicts what every link is pinned to, or an unknown version */
};

/* Whether parsing stays sound with this one: the encoding, what a string literal is, and that our
 * grammar is at least as new as the server's. */
enum server_parameter_verdict server_parameter_check(struct slice name, struct slice value);

#endif
