/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM keys of an upstream's password that were derived before. A derivation takes milliseconds of
 * the worker's time, and a server asks with the same salt and iterations every time. */
#ifndef PROXY_PG_LINK_KEYS_H
#define PROXY_PG_LINK_KEYS_H

#include "protocol/bytes.h"
#include "protocol/pg/scram_client.h"
#include "protocol/pg/scram_keys.h"

struct link_keys;

/* Holds none yet. */
struct link_keys *link_keys_new(void);

/* Overwrites and releases them and clears the pointer; NULL is fine. */
void link_keys_free(struct link_keys **keys);

/* The keys of password for what the server asks; derived only if they are not there. They are a
 * copy, which the caller cleanses. keys may be NULL: then they are always derived. */
void link_keys_get(struct link_keys *keys, struct slice password,
                   const struct scram_challenge *challenge, struct scram_keys *out);

/* How many derivations there were: for tests. */
unsigned link_keys_derived(const struct link_keys *keys);

#endif
