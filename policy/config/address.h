/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses in text: "192.0.2.1:6432", "[::1]:6432", "db.internal:5432", "unix:/run/pg.sock". */
#ifndef POLICY_CONFIG_ADDRESS_H
#define POLICY_CONFIG_ADDRESS_H

#include <stdbool.h>

#include "policy/config/config.h"

/* Parses a numeric address and port, or a unix path. False: text is none; *out is unchanged. */
bool address_parse_bind(const char *text, struct config_address *out);

/* The same, where a host may also be a DNS name. */
bool address_parse_endpoint(const char *text, struct config_address *out);

/* Whether only this machine can connect to the address: 127.0.0.0/8, ::1 or a unix path. */
bool address_is_local(const struct config_address *address);

/* Releases what the address owns. */
void address_fini(struct config_address *address);

#endif
