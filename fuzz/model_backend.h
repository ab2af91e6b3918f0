/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connection of the model server does with the messages after its login. */
#ifndef FUZZ_MODEL_BACKEND_H
#define FUZZ_MODEL_BACKEND_H

#include "fuzz/model_server.h"
#include "protocol/writer.h"

struct pg_frame;

/* Acts on one message and writes the answers to it. */
void model_backend_take(struct model_server *server, struct model_connection *c,
                        const struct pg_frame *frame, struct writer *w);

/* Drops all statements and portals. */
void model_backend_forget(struct model_connection *c);

#endif
