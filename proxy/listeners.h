/* SPDX-License-Identifier: Apache-2.0
 *
 * The listeners of the current configuration. A reload keeps those whose address stays, opens new
 * ones and closes those that are gone. Main thread. */
#ifndef PROXY_LISTENERS_H
#define PROXY_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/compiler.h"

struct incoming;
struct listeners;
struct snapshot;
struct worker;

/* A connection came in: the receiver takes the descriptor; over_limit is the receiver's to set. */
typedef void listeners_fn(void *context, struct incoming *incoming);

struct listeners *listeners_new(struct worker *worker, listeners_fn *accepted, void *context);

/* Listens as snapshot's configuration says, logging each new address; takes a reference. False
 * when one cannot be opened: logged, and nothing has changed. */
MUST_USE bool listeners_follow(struct listeners *listeners, struct snapshot *snapshot);

/* Stops listening everywhere. */
void listeners_close(struct listeners *listeners);

/* The address that the listener of that name is bound to, or NULL. Borrows. */
const char *listeners_address(const struct listeners *listeners, const char *name);

/* Closes and releases. NULL inside is fine. */
void listeners_free(struct listeners **listeners);

#endif
