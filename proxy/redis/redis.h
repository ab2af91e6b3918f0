/* SPDX-License-Identifier: Apache-2.0
 *
 * Redis as a worker sees it: the hooks of proxy/net/protocol.h. */
#ifndef PROXY_REDIS_REDIS_H
#define PROXY_REDIS_REDIS_H

#include "proxy/net/protocol.h"

/* For enum config_protocol's CONFIG_REDIS. */
extern const struct protocol_ops redis_protocol_ops;

#endif
