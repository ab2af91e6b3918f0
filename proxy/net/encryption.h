/* SPDX-License-Identifier: Apache-2.0
 *
 * The TLS contexts of one configuration. They hang on its snapshot, so a reload brings new
 * certificates and whoever began with the old ones keeps them. */
#ifndef PROXY_NET_ENCRYPTION_H
#define PROXY_NET_ENCRYPTION_H

#include "policy/config/load.h"
#include "protocol/compiler.h"

struct config_listener;
struct config_upstream;
struct snapshot;
struct tls_context;

/* Reads the certificates and keys that fresh's configuration names, and attaches them to it. What
 * is wrong with one is a fault of the configuration. */
MUST_USE enum config_status encryption_load(struct snapshot *fresh, struct config_error *out_error);

/* That of a listener or upstream of the snapshot's configuration; NULL: it does not encrypt.
 * Borrows from the snapshot. */
const struct tls_context *encryption_of_listener(const struct snapshot *snapshot,
                                                 const struct config_listener *listener);
const struct tls_context *encryption_of_upstream(const struct snapshot *snapshot,
                                                 const struct config_upstream *upstream);

#endif
