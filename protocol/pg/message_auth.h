/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole messages to a client that logs in. Each function appends one to the writer. */
#ifndef PROTOCOL_PG_MESSAGE_AUTH_H
#define PROTOCOL_PG_MESSAGE_AUTH_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/pg/backend_auth.h"
#include "protocol/writer.h"

/* AuthenticationOk or AuthenticationCleartextPassword: the codes without data. */
void pg_write_auth(struct writer *w, enum pg_auth_code code);

/* AuthenticationSASL with these mechanisms, in order of preference. */
void pg_write_auth_sasl(struct writer *w, const struct slice *mechanisms, size_t num_mechanisms);

/* AuthenticationSASLContinue or AuthenticationSASLFinal with the mechanism's message. */
void pg_write_auth_data(struct writer *w, enum pg_auth_code code, struct slice data);

/* ParameterStatus. */
void pg_write_parameter_status(struct writer *w, struct slice name, struct slice value);

/* BackendKeyData. Fails for a key that is not 4 to 256 bytes long. */
void pg_write_key_data(struct writer *w, uint32_t process_id, struct slice key);

/* NegotiateProtocolVersion: the newest version spoken here (3.0 is 0x30000), and the options (names
 * that begin with _pq_.) that were asked for and are not known. */
void pg_write_negotiate(struct writer *w, uint32_t newest_version, const struct slice *options,
                        size_t num_options);

#endif
