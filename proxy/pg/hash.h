/* SPDX-License-Identifier: Apache-2.0
 *
 * uthash for this folder. The default function is for keys that we choose ourselves (ids, numbers,
 * addresses): no peer can aim at a bucket with those. A table whose keys come from a peer hands
 * the calls that end in BYHASHVALUE a keyed SipHash instead. */
#ifndef PROXY_PG_HASH_H
#define PROXY_PG_HASH_H

#define HASH_FUNCTION(key, key_len, out_hash) HASH_FNV(key, key_len, out_hash)
#include <uthash.h>

#endif
