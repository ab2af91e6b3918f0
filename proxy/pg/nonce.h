/* SPDX-License-Identifier: Apache-2.0
 *
 * Fresh nonces for SCRAM. */
#ifndef PROXY_PG_NONCE_H
#define PROXY_PG_NONCE_H

#define NONCE_TEXT_LEN 24 /* Base64 of 18 random bytes, as PostgreSQL has it */

/* Fills out with printable ASCII without commas, and no NUL. */
void nonce_make(char out[NONCE_TEXT_LEN]);

#endif
