/* SPDX-License-Identifier: Apache-2.0
 *
 * From a part to the whole it is embedded in: a session gets its stream back, not a void pointer.
 * The caller checks the owner's tag right after. */
#ifndef PROXY_NET_OWNER_H
#define PROXY_NET_OWNER_H

#include <stddef.h>

/* The struct of `type` whose member `member` is at ptr. */
#define owner_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
