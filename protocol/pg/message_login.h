/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole packets and messages that log the proxy in to a server, or cancel there. Each function
 * appends one to the writer. */
#ifndef PROTOCOL_PG_MESSAGE_LOGIN_H
#define PROTOCOL_PG_MESSAGE_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/pg/startup.h"
#include "protocol/writer.h"

#define PG_VERSION_3_0 UINT32_C(0x00030000)
#define PG_VERSION_3_2 UINT32_C(0x00030002)

/* StartupMessage with these settings, user among them. Fails for an empty name. */
void pg_write_startup(struct writer *w, uint32_t version, const struct pg_setting *settings,
                      size_t num_settings);

/* SSLRequest: the server answers one byte. */
void pg_write_ssl_request(struct writer *w);

/* CancelRequest: on a connection of its own, which the server then closes. */
void pg_write_cancel(struct writer *w, uint32_t process_id, struct slice key);

/* PasswordMessage: cleartext, or the md5 answer. Secret: cleanse the writer's memory. */
void pg_write_password(struct writer *w, struct slice password);

/* SASLInitialResponse with the mechanism's first message. */
void pg_write_sasl_initial(struct writer *w, struct slice mechanism, struct slice data);

/* SASLResponse with a later message of the mechanism. */
void pg_write_sasl_response(struct writer *w, struct slice data);

#endif
