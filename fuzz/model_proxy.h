/* SPDX-License-Identifier: Apache-2.0
 *
 * One worker with everything a process would give it: configuration, tenants, users, certificates,
 * catalogue. Its loop is turned by hand, and connections are handed to it as an acceptor would. */
#ifndef FUZZ_MODEL_PROXY_H
#define FUZZ_MODEL_PROXY_H

#include <stddef.h>

#include "proxy/net/protocol.h"

struct snapshot;
struct worker;

struct model_proxy {
    struct worker *worker;     /* owns */
    struct snapshot *snapshot; /* owns one reference */
    struct protocol_table table;
};

/* Begins to serve text, a configuration with its upstream `main` first; aborts when it is wrong.
 * Its tenants are acme and globex, whatever file is named. */
void model_proxy_init(struct model_proxy *proxy, const char *text);

/* Stops; every session must be over after that. */
void model_proxy_fini(struct model_proxy *proxy);

/* One turn of the loop, without waiting. */
void model_proxy_turn(struct model_proxy *proxy);

/* A connection to that listener, from a Unix socket; the caller owns the other end. */
int model_proxy_knock(struct model_proxy *proxy, size_t listener);

#endif
