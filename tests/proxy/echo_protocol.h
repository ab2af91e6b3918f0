/* SPDX-License-Identifier: Apache-2.0
 *
 * A protocol for tests of the server: a session is told how many tenants there are ("hello 1", or
 * "full 1" when it is one too many), then echoed. A drain ends idle sessions; one that was sent
 * "hold" is not idle until "free" comes. */
#ifndef TESTS_PROXY_ECHO_PROTOCOL_H
#define TESTS_PROXY_ECHO_PROTOCOL_H

#include <stdbool.h>

#include "proxy/catalogs.h"
#include "proxy/net/protocol.h"

extern const struct protocol_ops echo_protocol;

/* Loads take a moment and answer one small catalogue, or fail. */
extern const struct catalog_load_ops echo_catalog_load;
void echo_catalog_set_works(bool works);

/* How often a worker was told of a new snapshot. */
unsigned echo_num_refreshes(void);

#endif
