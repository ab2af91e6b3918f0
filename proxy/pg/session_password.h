/* SPDX-License-Identifier: Apache-2.0
 *
 * Logins in which the client sends its password (over TLS only), or md5 of it (by an unsafe_
 * method). Stored is what SCRAM stores, or PostgreSQL's md5. */
#ifndef PROXY_PG_SESSION_PASSWORD_H
#define PROXY_PG_SESSION_PASSWORD_H

struct scram_verifier;
struct session;
struct session_password;

/* Asks for the password, which will be compared with the verifier, a copy of which is kept. */
void session_ask_password(struct session *s, const struct scram_verifier *verifier);

/* Asks for md5 over a new salt. Users whom the file has no md5 secret of are asked alike. */
void session_ask_md5(struct session *s);

/* Input in SESSION_PASSWORD: the answer. */
void session_password_input(struct session *s);

/* Wipes and releases it and clears the pointer; NULL is fine. A check that a thread has begun
 * goes on without anyone who waits for it; one that waits is dropped. */
void session_password_free(struct session_password **password);

#endif
