/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server is, primary or standby: PostgreSQL 14 and newer report it at login, an older one
 * is asked before its link is ready. */
#ifndef PROXY_PG_LINK_ROLE_H
#define PROXY_PG_LINK_ROLE_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"

struct link;
struct server_parameters;

/* The setting that says it: "on" for a standby. */
#define LINK_ROLE_SETTING "in_hot_standby"

/* Whether the link's owner must know it and the server has not said it yet. */
bool link_role_is_wanted(struct link *link);

/* Sends the question. False: out of memory. */
MUST_USE bool link_role_ask(struct link *link);

/* The row of the answer is kept as if the server had reported it. NULL, or what is wrong. */
const char *link_role_take(struct server_parameters *parameters, struct slice row);

#endif
