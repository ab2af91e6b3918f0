/* SPDX-License-Identifier: Apache-2.0
 *
 * COMMAND and its subcommands, answered from the table: only what a tenant may use is shown. */
#ifndef POLICY_REDIS_COMMAND_REPLY_H
#define POLICY_REDIS_COMMAND_REPLY_H

#include "policy/redis/decide.h"
#include "protocol/redis/write.h"

/* Whether the command is of the COMMAND family. */
bool redis_is_command_query(enum redis_command_id id);

/* At most this many bytes are the answer. */
size_t redis_command_reply_cap(const struct request *request);

/* Writes the answer. `scratch` is used by COMMAND GETKEYS, which decides about its argument. */
void redis_write_command_reply(struct writer *w, const struct request *request,
                               enum redis_command_id id, struct redis_scratch *scratch,
                               enum resp_version version);

#endif
